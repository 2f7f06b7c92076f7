"""What boto3 adds to a client of S3: uploads and downloads in parts, which eslabon does not model."""

from eslabon.errors import NotModelled

HELPERS = ("upload_file", "download_file", "upload_fileobj", "download_fileobj", "copy")


def inject_s3_transfer_methods(class_attributes, **kwargs):
    for name in HELPERS:
        class_attributes[name] = refusing(name)


def refusing(name):
    def refuse(self, *args, **kwargs):
        raise NotModelled("s3", f"boto3's helper {name}", ["put_object", "get_object"])

    return refuse
