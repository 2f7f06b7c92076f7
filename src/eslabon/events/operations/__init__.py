"""The operations of EventBridge on what is kept, one area a module. Events themselves come in by service.py."""
