"""Stands for s3transfer in the page; leaves out transfers, because nothing there has files to send."""
