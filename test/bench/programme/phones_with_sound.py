"""Callers' phones, the sound alone: each sends PCMU silence every 20 ms as a phone does, drops what it hears, and can press keys.

    python3 phones_with_sound.py COUNT

Prints one line of JSON when it is ready ({"ports": [...]}, one even UDP port of 127.0.0.1 for each phone, the odd one above it is
for RTCP) and one for each line that it reads:

    stat                        {"heard": N, "sent": N, "late": [[unixMs, lateMs], ...], "worstLateMs": X}, the last two since the last time
    press DIGIT FIRST COUNT MS  phones FIRST, FIRST+1, ... press it, evenly spread over MS milliseconds; {"pressed": N} when all have let go

A phone begins to send when the first packet reaches it, to where that came from (symmetric RTP), and stops when nobody listens there.
"""
import ctypes
import json
import os
import random
import resource
import select
import socket
import struct
import sys
import time

FRAME_S = 0.02
SLOTS = 10  # phones begin their frames at one of so many moments within 20 ms
SILENCE = b"\xff" * 160  # PCMU
TELEPHONE_EVENT = 96  # payload type in the offers of the callers' SIP side
KEY_FRAMES = 6  # a key is held for 120 ms
LATE_S = 0.010
LATE_MAX = 10_000  # late moments that are kept between two questions
DIGITS = "0123456789*#"
SO_ATTACH_FILTER = 26
STDIN = 0


class DropFilter:
    """A socket filter that lets nothing through (BPF: return 0), so that what a phone hears costs the kernel a moment and us nothing."""

    def __init__(self):
        self.code = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0))
        self.program = struct.pack("HL", 1, ctypes.addressof(self.code))

    def on(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, self.program)


class Phone:
    def __init__(self, rtp, rtcp):
        self.rtp = rtp
        self.rtcp = rtcp
        self.hears = False
        self.ssrc = random.getrandbits(32)
        self.sequence = random.getrandbits(16)
        self.timestamp = random.getrandbits(32)
        self.packet = bytearray(struct.pack(">BBHII", 0x80, 0, 0, 0, self.ssrc) + SILENCE)
        self.key = None  # [digit, frames sent, timestamp of its beginning]

    def frame(self):
        """Sends what is due now: 20 ms of silence, or the state of the key that is held."""
        self.timestamp = (self.timestamp + 160) & 0xFFFFFFFF
        if self.key is None:
            self.sequence = (self.sequence + 1) & 0xFFFF
            struct.pack_into(">HI", self.packet, 2, self.sequence, self.timestamp)
            self.rtp.send(self.packet)
            return False
        return self.key_frame()

    def key_frame(self):
        """RFC 4733: the duration grows in each packet, the last one has the end bit and is sent three times."""
        key = self.key
        if key[1] == 0:
            key[2] = self.timestamp
        key[1] += 1
        is_end = key[1] > KEY_FRAMES
        for copy in range(3 if is_end else 1):
            self.sequence = (self.sequence + 1) & 0xFFFF
            marker = 0x80 if key[1] == 1 else 0
            header = struct.pack(">BBHII", 0x80, marker | TELEPHONE_EVENT, self.sequence, key[2], self.ssrc)
            duration = 160 * min(key[1], KEY_FRAMES)
            self.rtp.send(header + struct.pack(">BBH", key[0], 0x80 | 10 if is_end else 10, duration))
        if is_end:
            self.key = None
        return is_end


class Phones:
    def __init__(self, count):
        self.waiting = select.epoll()
        self.drop = DropFilter()
        self.phones = []
        self.by_fd = {}
        for _ in range(count):
            phone = Phone(*pair_of_sockets())
            phone.rtp.setblocking(False)
            self.drop.on(phone.rtcp)
            self.waiting.register(phone.rtp.fileno(), select.EPOLLIN)
            self.by_fd[phone.rtp.fileno()] = phone
            self.phones.append(phone)
        self.slots = [self.phones[slot::SLOTS] for slot in range(SLOTS)]
        self.presses = []  # (due, phone, digit), the latest first
        self.unfinished = 0
        self.asked = 0
        self.sent = 0
        self.late = []
        self.worst_late = 0.0
        self.unread = b""

    def ports(self):
        return [phone.rtp.getsockname()[1] for phone in self.phones]

    def run(self):
        started = time.monotonic()
        tick = 0
        while True:
            due = started + tick * FRAME_S / SLOTS
            self.wait_until(due)
            now = time.monotonic()
            self.note_lateness(now - due)
            self.begin_presses(now)
            for phone in self.slots[tick % SLOTS]:
                if phone.hears:
                    self.send(phone)
            # After a long pause a phone goes on with the present frame, it does not send the missed ones in a burst.
            behind = int((now - due) / FRAME_S)
            tick += 1 + behind * SLOTS

    def wait_until(self, due):
        while True:
            left = due - time.monotonic()
            readable, _, _ = select.select([self.waiting, STDIN], [], [], max(0.0, left))
            if self.waiting in readable:
                self.first_packets()
            if STDIN in readable:
                self.commands()
            if not readable:
                return

    def first_packets(self):
        for fd, _ in self.waiting.poll(0):
            phone = self.by_fd[fd]
            _, sender = phone.rtp.recvfrom(2048)
            phone.rtp.connect(sender)
            self.drop.on(phone.rtp)
            self.waiting.unregister(fd)
            phone.hears = True

    def send(self, phone):
        try:
            is_released = phone.frame()
            self.sent += 1
        except ConnectionRefusedError:
            # The call is over: Asterisk has closed its port.
            phone.hears = False
            is_released = phone.key is not None
            phone.key = None
        except BlockingIOError:
            is_released = False
        if is_released:
            self.unfinished -= 1
            if self.unfinished == 0:
                answer({"pressed": self.asked})

    def begin_presses(self, now):
        while self.presses and self.presses[-1][0] <= now:
            _, phone, digit = self.presses.pop()
            phone.key = [DIGITS.index(digit), 0, 0]

    def note_lateness(self, late):
        self.worst_late = max(self.worst_late, late)
        if late > LATE_S and len(self.late) < LATE_MAX:
            self.late.append([time.time() * 1000, late * 1000])

    def commands(self):
        part = os.read(STDIN, 4096)
        if not part:
            sys.exit(0)  # The bench has ended.
        *lines, self.unread = (self.unread + part).split(b"\n")
        for line in lines:
            self.command(line.decode())

    def command(self, line):
        words = line.split()
        if words[0] == "stat":
            heard = sum(phone.hears for phone in self.phones)
            answer({"heard": heard, "sent": self.sent, "late": self.late, "worstLateMs": self.worst_late * 1000})
            self.late = []
            self.worst_late = 0.0
        elif words[0] == "press":
            self.press(words[1], int(words[2]), int(words[3]), float(words[4]) / 1000)
        else:
            sys.exit("unknown command: " + line)

    def press(self, digit, first, count, spread):
        now = time.monotonic()
        phones = [phone for phone in self.phones[first : first + count] if phone.hears]
        # In any order, so that neighbours, who send in turn, do not press in turn.
        random.shuffle(phones)
        self.presses = [(now + spread * at / max(1, len(phones)), phone, digit) for at, phone in enumerate(phones)][::-1]
        self.asked = self.unfinished = len(phones)
        if not phones:
            answer({"pressed": 0})


def pair_of_sockets():
    """An even port and the one above it (RFC 3550, section 11)."""
    for _ in range(1000):
        port = random.randrange(33_000, 60_000, 2)
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            rtp.bind(("127.0.0.1", port))
            rtcp.bind(("127.0.0.1", port + 1))
            return rtp, rtcp
        except OSError:
            rtp.close()
            rtcp.close()
    sys.exit("no free pair of UDP ports")


def answer(what):
    print(json.dumps(what), flush=True)


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    phones = Phones(int(sys.argv[1]))
    answer({"ports": phones.ports()})
    phones.run()


main()
