"""The operations of Elastic Load Balancing, one area a module."""
