"""Stands for boto3.s3 in the page; leaves out transfers, because nothing there has files to send."""
