"""A client without a page: it makes accounts, and puts long conversations in their place."""

import asyncio
import json
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PASSWORD = "correct horse battery"
ANSWER_SECONDS = 20


class Bot:
    """Somebody with an account who speaks the protocol, whenever asked to and not otherwise."""

    def __init__(self, url: str, username: str, name: str) -> None:
        self.url = url
        self.username = username
        body = json.dumps({"username": username, "name": name, "password": PASSWORD}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/api/v1/register", body, headers)
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            self.token = json.load(answer)["token"]

    def opens_chat_with(self, username: str) -> str:
        """Returns the id of the conversation."""
        [answer] = self.ask([{"type": "open", "user": username}])
        return str(answer["conversation"]["id"])

    def says(self, conversation: str, texts: Iterable[str]) -> None:
        """Sends messages, in this order."""
        frame = {"type": "send", "conversation": conversation}
        self.ask([{**frame, "client_id": f"{text[:40]}", "text": text} for text in texts])

    def ask(self, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Sends requests over one connection; returns their answers, none of them an error."""
        # Playwright holds this thread's event loop.
        with ThreadPoolExecutor(1) as threads:
            answers = threads.submit(asyncio.run, self._exchange(frames)).result()
        assert all(answer["type"] != "error" for answer in answers), answers
        return answers

    async def _exchange(self, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
        address = self.url.replace("http", "ws", 1) + "/ws"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with asyncio.timeout(ANSWER_SECONDS):
            connection = await websocket_connect(HTTPRequest(address, headers=headers))
            answers: dict[int, dict[str, Any]] = {}
            for number, frame in enumerate(frames):
                await connection.write_message(json.dumps({**frame, "id": number}))
            while len(answers) < len(frames):
                heard = json.loads(await connection.read_message() or "null")
                if "re" in heard:
                    answers[heard["re"]] = heard
            connection.close()
            while await connection.read_message() is not None:
                pass
        return [answers[number] for number in range(len(frames))]
