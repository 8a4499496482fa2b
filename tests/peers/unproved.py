"""Sends one mail that nobody proves, so that something is kept apart.

usage: unproved.py DEMO_DIR GATEWAY_BINARY
"""
import smtplib
from demo import peer

demo = peer()
smtp, domain = demo.state["smtp"], demo.state["gateway"]["email"].rpartition("@")[2]
with smtplib.SMTP(smtp["host"], smtp["port"]) as session:
    session.sendmail("somebody@elsewhere.example", [f"met-police@{domain}"], "From: somebody@elsewhere.example\r\nSubject: x\r\n\r\nWho am I?\r\n")
