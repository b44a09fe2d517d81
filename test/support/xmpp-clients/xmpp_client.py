#!/usr/bin/python3
"""An XMPP client (slixmpp) that is driven by lines of JSON: commands on standard input, events on standard output.

The first line is the account: {"jid", "password", "host", "port", "directTls", "ca", "resource"?}. Then commands:
  {"do": "subscribe", "node": N, "service": S}    {"do": "unsubscribe", ...}
  {"do": "items", "node": N, "service": S}        asks for the items that the node keeps
  {"do": "send", "to": JID, "body": TEXT, "xml"?: CHILD}
  {"do": "presence", "show"?: "away" | "dnd" | "xa" | "chat" | "unavailable"}
Every command's reply is an event with its "token". The program ends when its standard input does.

It believes an event only from where it comes from: "from" is the stanza's, which the server vouches for.
"""

import asyncio
import json
import sys
import time
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream import tostring
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

PUBSUB_EVENT = "{http://jabber.org/protocol/pubsub#event}"
CLIENT = "{jabber:client}"


# How often the program looks at the clock, to know when it had its turn.
TICK_MS = 10
# Looks that it takes to be done with what has come while the program waited for its turn.
CATCHING_UP = 5


class Turns:
    """On a busy machine the program waits for its turn, and what has come meanwhile seems to come when it gets it."""

    def __init__(self):
        self.last_ms = time.monotonic() * 1000
        # Since when it had waited, and how many looks it is catching up yet.
        self.waited_ms = self.last_ms
        self.behind = 0

    async def watch(self):
        while True:
            now_ms = time.monotonic() * 1000
            if now_ms - self.last_ms > 2 * TICK_MS:
                if self.behind == 0:
                    self.waited_ms = self.last_ms
                self.behind = CATCHING_UP
            elif self.behind > 0:
                self.behind -= 1
            self.last_ms = now_ms
            await asyncio.sleep(TICK_MS / 1000)

    def late_ms(self, now_ms):
        since_ms = self.waited_ms if self.behind > 0 else self.last_ms
        return max(0, now_ms - since_ms - TICK_MS)


turns = Turns()


def tell(event, **fields):
    now_ms = time.monotonic() * 1000
    moment = {"atMs": time.time() * 1000, "monotonicMs": now_ms, "lateMs": turns.late_ms(now_ms)}
    print(json.dumps({"event": event, **moment, **fields}), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, account):
        jid = account["jid"] + ("/" + account["resource"] if account.get("resource") else "")
        super().__init__(jid, account["password"])
        self.account = account
        # The certificate must be signed by this authority and be valid for the JID's domain.
        self.ca_certs = account["ca"]
        for plugin in ("xep_0030", "xep_0060", "xep_0198", "xep_0199"):
            self.register_plugin(plugin)
        # slixmpp's own pubsub events go through objects that repeat themselves endlessly when iterated (1.8): read the XML.
        self.register_handler(Callback("every message", MatchXPath(CLIENT + "message"), self.on_message))
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("failed_auth", lambda _: tell("failed", reason="wrong user or password"))
        self.add_event_handler("ssl_invalid_chain", lambda error: self.refuse(f"certificate not trusted: {error}"))
        self.add_event_handler("ssl_invalid_cert", lambda _: self.refuse("certificate not valid for the domain"))
        self.add_event_handler("connection_failed", lambda error: tell("failed", reason=f"no connection: {error}"))
        self.add_event_handler("disconnected", lambda reason: tell("disconnected", reason=str(reason or "")))
        self.add_event_handler("changed_status", self.on_presence)

    def refuse(self, reason):
        tell("failed", reason=reason)
        self.abort()

    async def on_start(self, _):
        self.send_presence()
        await self.get_roster()
        tell("connected", jid=str(self.boundjid), tls=self.transport.get_extra_info("cipher")[1])

    def on_presence(self, presence):
        tell("presence", **{"from": str(presence["from"]), "type": presence["type"], "show": presence["show"]})

    def on_message(self, message):
        stanza = message.xml
        sender = {"from": str(message["from"]), "type": message["type"]}
        for event in stanza.findall(PUBSUB_EVENT + "event"):
            for items in event.findall(PUBSUB_EVENT + "items"):
                node = items.get("node")
                for item in items.findall(PUBSUB_EVENT + "item"):
                    tell("item", node=node, id=item.get("id"), payload="".join(map(tostring, item)), **sender)
                for retract in items.findall(PUBSUB_EVENT + "retract"):
                    tell("retract", node=node, id=retract.get("id"), **sender)
            for what in ("delete", "purge", "subscription"):
                for element in event.findall(PUBSUB_EVENT + what):
                    tell(what, node=element.get("node"), subscription=element.get("subscription"), **sender)
        body = stanza.find(CLIENT + "body")
        if body is not None:
            children = [tostring(child) for child in stanza if child is not body]
            tell("message", body=body.text or "", children=children, xml=tostring(stanza), **sender)

    async def obey(self, command):
        token = command.get("token")
        try:
            tell("reply", token=token, result=await self.act(command))
        except IqError as error:
            tell("reply", token=token, error=error.condition, text=error.text)
        except IqTimeout:
            tell("reply", token=token, error="timeout")

    async def act(self, command):
        pubsub = self["xep_0060"]
        match command["do"]:
            case "subscribe":
                await pubsub.subscribe(command["service"], command["node"], timeout=15)
            case "unsubscribe":
                await pubsub.unsubscribe(command["service"], command["node"], timeout=15)
            case "items":
                reply = await pubsub.get_items(command["service"], command["node"], timeout=15)
                items = reply.xml.iter("{http://jabber.org/protocol/pubsub}item")
                return [{"id": item.get("id"), "payload": "".join(map(tostring, item))} for item in items]
            case "send":
                message = self.make_message(mto=command["to"], mbody=command["body"], mtype="chat")
                if command.get("xml"):
                    message.append(ET.fromstring(command["xml"]))
                message.send()
            case "presence":
                show = command.get("show")
                if show == "unavailable":
                    self.send_presence(ptype="unavailable")
                else:
                    self.send_presence(pshow=show)
            case other:
                raise ValueError(f"no such command: {other}")
        return None


async def read_commands(client, lines):
    while line := await lines.readline():
        asyncio.ensure_future(client.obey(json.loads(line)))
    client.disconnect(wait=1)
    await asyncio.wait_for(client.disconnected, 2)


async def main():
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    account = json.loads(await lines.readline())
    client = Client(account)
    direct = account.get("directTls", False)
    client.connect((account["host"], account["port"]), use_ssl=direct, disable_starttls=False)
    watching = asyncio.create_task(turns.watch())
    try:
        await read_commands(client, lines)
    except asyncio.TimeoutError:
        pass
    finally:
        watching.cancel()


asyncio.run(main())
