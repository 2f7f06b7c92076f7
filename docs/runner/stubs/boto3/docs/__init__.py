"""Stands for boto3's documentation generator; leaves it out."""
