"""Logs in to an XMPP server as somebody who is not this project's library (slixmpp), and prints what it sees as JSON.

usage: xmpp-login.py HOST PORT CA-FILE JID PASSWORD [PUBSUB-SERVICE NODE COUNT]

With a pubsub service it creates the node (access by whitelist) and publishes COUNT items of about 200 bytes, in tens.
"""
import asyncio
import json
import sys
import time

import slixmpp
from slixmpp.xmlstream import ET

LIMIT_SECONDS = 60


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca):
        super().__init__(jid, password)
        self.ca_certs = ca
        self.found = {"jid": None, "roster": [], "failure": None, "publishes_per_second": None}
        self.register_plugin("xep_0060")
        self.add_event_handler("failed_all_auth", lambda _: self.give_up("authentication"))
        self.add_event_handler("ssl_invalid_chain", lambda _: self.give_up("certificate"))
        self.add_event_handler("connection_failed", lambda reason: self.give_up("connection: %s" % reason))

    def give_up(self, why):
        self.found["failure"] = why
        self.disconnect(wait=0)

    async def publish(self, service, node, count):
        form = self["xep_0004"].make_form("submit")
        form.add_field("FORM_TYPE", "hidden", value="http://jabber.org/protocol/pubsub#node_config")
        form.add_field("pubsub#access_model", value="whitelist")
        await self["xep_0060"].create_node(service, node, config=form)
        payload = ET.Element("{urn:test}call")
        payload.text = "x" * 200
        started = time.monotonic()
        for first in range(0, count, 10):
            await asyncio.gather(
                *(self["xep_0060"].publish(service, node, id=str(first + n), payload=payload) for n in range(10))
            )
        self.found["publishes_per_second"] = count / (time.monotonic() - started)


async def main():
    host, port, ca, jid, password, *publishing = sys.argv[1:]
    client = Client(jid, password, ca)
    started = asyncio.get_event_loop().create_future()
    client.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
    client.add_event_handler("disconnected", lambda _: started.done() or started.set_result(False))
    # Version 1.9 took the tuple apart, and tries direct TLS on whatever port it is given.
    client.enable_direct_tls = False
    if slixmpp.__version_info__ < (1, 9):
        client.connect((host, int(port)))
    else:
        client.connect(host, int(port))
    if await asyncio.wait_for(started, LIMIT_SECONDS):
        client.found["jid"] = client.boundjid.bare
        await client.get_roster()
        client.found["roster"] = sorted(
            entry for entry in client.client_roster if client.client_roster[entry]["subscription"] == "both"
        )
        if publishing:
            service, node, count = publishing
            try:
                await client.publish(service, node, int(count))
            except slixmpp.exceptions.IqError as error:
                client.found["failure"] = error.condition
        await client.disconnect()
    print(json.dumps(client.found))


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(asyncio.wait_for(main(), LIMIT_SECONDS))
