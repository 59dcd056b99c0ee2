"""Replies, one by one."""
