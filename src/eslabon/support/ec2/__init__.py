"""Amazon EC2 and the default VPC, as much as load balancers need: instances, security groups, subnets, images."""

from eslabon.support.ec2.service import Ec2

__all__ = ["Ec2"]
