"""The tables of a SQLite store, and how a file comes to have them.

A file is marked as Parley's by ``PRAGMA application_id``; ``PRAGMA user_version`` counts
the migrations that it has been through. Both are looked at through a read-only connection
first, so that a file that is refused stays as it was.

Rows refer to users and conversations by small numbers of their own, since every message
names both several times (in its row, and where it is noted): with the ids themselves, 21
characters each, a commit took 1.2 times as long (measured).

Messages lie in the order of their arrival, so that those of one commit share pages of 4 KiB,
whatever conversations they are of. Where the messages of a conversation lie is noted by
`NOTED_TOGETHER` of them at once (``message_runs``, which lie in the order of their arrival, too),
with their keys; for the few since, in
``conversations.recent_messages``, as ``[messages.number, sender, client_id]`` with commas
between. Of 50 messages to 50 conversations a commit took 10 µs each, and 21 where each lay among
those of its conversation (measured; the disk's time is in it).

Two columns save counting. ``conversations.live`` is the number of messages that are not
deleted; of a member, ``sent`` is how many of those are the member's own and ``passed``
how many are others' and not beyond the member's ``read``. So a member's unread messages
are ``live - sent - passed``, however long the history.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path
from urllib.parse import quote

from chat.errors import StoreError, Unavailable

# ASCII "Prly".
APPLICATION_ID = 0x50726C79

# UPDATE … FROM came with 3.33 (2020-08).
OLDEST_SQLITE = (3, 33)

# How long to wait for another process's transaction. Callers are told `Unavailable` after
# that; more would only let them believe in a lost connection.
BUSY_TIMEOUT_SECONDS = 5.0

# Pages of 4 KiB in the write-ahead log after which everything is moved to the main file and the
# log begins anew: by a commit where servers share the file, or by `sqlite_checkpoints`. Writing
# stops until the pages that changed are on the disk, each once: the longer the log, the fewer they
# are in all, and the longer it takes. (Measured where commits move it, in one server that changed
# between two numbers each second, at half of saturation: with 4,000 instead of 2,000 p90 and p99
# were four fifths; with 6,000 p99 was half as high again.)
CHECKPOINT_PAGES = 4_000

# What the log is cut back to after a long reader (a backup) has let it grow. Not less than it
# comes to between two moves, or it would be cut each time.
MAX_IDLE_LOG_BYTES = 32 << 20

# SQLite's integers end at 2⁶³ - 1.
MAX_SEQ = (1 << 63) - 1

# Of so many messages of a conversation it is noted at once where they lie, and their keys. More
# would make ``conversations.recent_messages`` longer, which is written with each message. No file
# relies on it: the recent ones are those up to the head, however many. (Measured at half of
# saturation in one server that changed between two numbers each second: with 16 instead of 8 p50
# was 0.85, p90 0.7 and p99 0.6 times as long.)
NOTED_TOGETHER = 16
# What it was at steps 3 and 4, which noted at multiples of it.
_NOTED_THEN = 8

# Up to step 3 a message's key was (conversation << 32) + seq.
_OLD_SEQ_BITS = 32

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE users (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            username TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            password_cost INTEGER NOT NULL,
            created INTEGER NOT NULL,
            disabled INTEGER NOT NULL DEFAULT 0,
            last_seen INTEGER
        )
        """,
        "CREATE INDEX users_by_password_cost ON users (password_cost)",
        """
        CREATE TABLE search_words (
            word TEXT NOT NULL,
            user INTEGER NOT NULL REFERENCES users,
            PRIMARY KEY (word, user)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE sessions (
            token_hash BLOB PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            user INTEGER NOT NULL REFERENCES users,
            created INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            address TEXT NOT NULL,
            agent TEXT NOT NULL
        )
        """,
        "CREATE INDEX sessions_by_user ON sessions (user)",
        """
        CREATE TABLE attempts (
            key TEXT PRIMARY KEY,
            count INTEGER NOT NULL,
            began INTEGER NOT NULL,
            ends INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX attempts_by_end ON attempts (ends)",
        """
        CREATE TABLE conversations (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            title TEXT,
            pair TEXT UNIQUE,
            head INTEGER NOT NULL DEFAULT 0,
            rev INTEGER NOT NULL DEFAULT 0,
            live INTEGER NOT NULL DEFAULT 0,
            updated INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE members (
            conversation INTEGER NOT NULL REFERENCES conversations,
            user INTEGER NOT NULL REFERENCES users,
            role TEXT NOT NULL DEFAULT 'member',
            received INTEGER NOT NULL DEFAULT 0,
            read INTEGER NOT NULL DEFAULT 0,
            sent INTEGER NOT NULL DEFAULT 0,
            passed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (conversation, user)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX members_by_user ON members (user)",
        """
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL,
            sender INTEGER NOT NULL,
            client_id TEXT NOT NULL,
            at INTEGER NOT NULL,
            reply_to INTEGER,
            rev INTEGER NOT NULL DEFAULT 0,
            edited INTEGER NOT NULL DEFAULT 0,
            reactions TEXT,
            first_text BLOB,
            text TEXT
        )
        """,
        "CREATE UNIQUE INDEX messages_by_key ON messages (conversation, sender, client_id)",
        "CREATE UNIQUE INDEX messages_by_rev ON messages (conversation, rev) WHERE rev > 0",
        # What `ping` writes, to know that it can.
        "CREATE TABLE pulse (beats INTEGER NOT NULL)",
        "INSERT INTO pulse VALUES (0)",
    ),
    (
        # Other processes notice by this number that sessions have ended.
        "ALTER TABLE pulse ADD COLUMN sessions_ended INTEGER NOT NULL DEFAULT 0",
        """
        CREATE TRIGGER session_ended AFTER DELETE ON sessions BEGIN
            UPDATE pulse SET sessions_ended = sessions_ended + 1;
        END
        """,
    ),
    (
        # The keys of all messages up to the last full `_NOTED_THEN` of each conversation; the
        # few beyond are looked for among the messages themselves. A trigger, so that they are
        # noted whoever stores a message: a server of an older version, too.
        """
        CREATE TABLE message_keys (
            conversation INTEGER NOT NULL,
            sender INTEGER NOT NULL,
            client_id TEXT NOT NULL,
            message INTEGER NOT NULL,
            PRIMARY KEY (conversation, sender, client_id)
        ) WITHOUT ROWID
        """,
        f"""
        INSERT INTO message_keys SELECT m.conversation, m.sender, m.client_id, m.id
        FROM conversations c CROSS JOIN messages m ON m.id > c.number << {_OLD_SEQ_BITS}
        AND m.id <= (c.number << {_OLD_SEQ_BITS}) + c.head / {_NOTED_THEN} * {_NOTED_THEN}
        """,
        "DROP INDEX messages_by_key",
        f"""
        CREATE TRIGGER message_stored AFTER INSERT ON messages
        WHEN new.id % {_NOTED_THEN} = 0 BEGIN
            INSERT INTO message_keys SELECT conversation, sender, client_id, id FROM messages
            WHERE id > new.id - {_NOTED_THEN} AND id <= new.id;
        END
        """,
    ),
    (
        # Messages in the order of their arrival; those of before stay by conversation.
        "DROP TRIGGER message_stored",
        "DELETE FROM message_keys",
        "DROP INDEX messages_by_rev",
        "ALTER TABLE messages RENAME TO old_messages",
        # `text` is NULL exactly if the message is deleted; it comes last so that nothing
        # but reading it follows a long text to its further pages. `first_text` is a digest
        # of the text as first sent, from the first edit or the deletion on.
        """
        CREATE TABLE messages (
            number INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            sender INTEGER NOT NULL,
            client_id TEXT NOT NULL,
            at INTEGER NOT NULL,
            reply_to INTEGER,
            rev INTEGER NOT NULL DEFAULT 0,
            edited INTEGER NOT NULL DEFAULT 0,
            reactions TEXT,
            first_text BLOB,
            text TEXT
        )
        """,
        f"""
        INSERT INTO messages SELECT NULL, conversation, id & {(1 << _OLD_SEQ_BITS) - 1}, sender,
        client_id, at, reply_to, rev, edited, reactions, first_text, text
        FROM old_messages ORDER BY id
        """,
        "DROP TABLE old_messages",
        "CREATE UNIQUE INDEX messages_by_rev ON messages (conversation, rev) WHERE rev > 0",
        # Where the messages of a conversation lie, up to its last full `_NOTED_THEN`; whose
        # each is, NULL if it is deleted: unread messages are counted here.
        """
        CREATE TABLE message_seqs (
            conversation INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            message INTEGER NOT NULL,
            author INTEGER,
            PRIMARY KEY (conversation, seq)
        ) WITHOUT ROWID
        """,
        f"""
        INSERT INTO message_seqs
        SELECT m.conversation, m.seq, m.number, CASE WHEN m.text IS NULL THEN NULL ELSE m.sender END
        FROM messages m CROSS JOIN conversations c ON c.number = m.conversation
        WHERE m.seq <= c.head / {_NOTED_THEN} * {_NOTED_THEN}
        """,
        # The keys of the same messages, under their new numbers.
        """
        INSERT INTO message_keys SELECT m.conversation, m.sender, m.client_id, m.number
        FROM message_seqs s CROSS JOIN messages m ON m.number = s.message
        """,
        # The last message, and those that are not noted yet.
        "ALTER TABLE conversations ADD COLUMN latest INTEGER",
        "ALTER TABLE conversations ADD COLUMN recent TEXT NOT NULL DEFAULT ''",
        """
        UPDATE conversations SET latest = i.latest
        FROM (SELECT conversation, max(number) latest FROM messages GROUP BY conversation) i
        WHERE number = i.conversation
        """,
        f"""
        UPDATE conversations SET recent = (
            SELECT group_concat(json_array(m.number, m.sender, m.client_id)) FROM (
                SELECT number, sender, client_id FROM messages
                WHERE number > latest - head % {_NOTED_THEN} AND number <= latest
                ORDER BY number
            ) m
        ) WHERE head % {_NOTED_THEN} > 0
        """,
    ),
    # Before this step, how many are recent was known from the head; now it is how many there are.
    # The new name stops servers of an older version that still run: they would read holes.
    ("ALTER TABLE conversations RENAME COLUMN recent TO recent_messages",),
    (
        # Where the messages of a conversation lie: a row for each time that some were noted, in
        # the order of that. `last` is the ``seq`` of the last of them; what came before it, back
        # to the run before, is in `messages` and, who sent each, in `senders` (JSON arrays). A
        # run is never changed, and may be of any length.
        """
        CREATE TABLE message_runs (
            number INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL,
            last INTEGER NOT NULL,
            messages TEXT NOT NULL,
            senders TEXT NOT NULL
        )
        """,
        """
        INSERT INTO message_runs (conversation, last, messages, senders)
        SELECT e.conversation, e.seq,
            (SELECT json_group_array(message) FROM (
                SELECT s.message FROM message_seqs s
                WHERE s.conversation = e.conversation
                AND s.seq > (e.seq - 1) / 16 * 16 AND s.seq <= e.seq ORDER BY s.seq
            )),
            (SELECT json_group_array(sender) FROM (
                SELECT m.sender FROM message_seqs s CROSS JOIN messages m ON m.number = s.message
                WHERE s.conversation = e.conversation
                AND s.seq > (e.seq - 1) / 16 * 16 AND s.seq <= e.seq ORDER BY s.seq
            ))
        FROM message_seqs e
        WHERE e.seq % 16 = 0 OR NOT EXISTS (
            SELECT 1 FROM message_seqs n WHERE n.conversation = e.conversation AND n.seq = e.seq + 1
        )
        """,
        "CREATE UNIQUE INDEX message_runs_by_last ON message_runs (conversation, last)",
        "DROP TABLE message_seqs",
        # Who sent each that is deleted: unread messages are counted without them.
        """
        CREATE INDEX deleted_messages ON messages (conversation, seq, sender) WHERE text IS NULL
        """,
    ),
)

TABLES = (
    "users",
    "search_words",
    "sessions",
    "attempts",
    "conversations",
    "members",
    "messages",
    "message_runs",
    "message_keys",
    "pulse",
)


def open_file(path: str) -> sqlite3.Connection:
    """Return a connection for the writer to the file at `path`, made or migrated if need be.

    Raises:
        StoreError: it can never work as it stands.
        Unavailable: another program keeps it locked.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(
            f"SQLite {needed} or newer is needed; this Python has {sqlite3.sqlite_version}."
        )
    if not path or path == ":memory:":
        raise StoreError("The SQLite store needs the path of a file, as in sqlite:parley.db.")
    try:
        _make_file(path)
    except OSError as exc:
        raise StoreError(
            f"{path} cannot be written: {exc.strerror or exc}. Make it and its directory "
            "writable for the user who runs Parley, or choose another path."
        ) from exc
    try:
        _check_file(path)
        db = connect(path)
        try:
            _migrate(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as exc:
        raise _opening_error(path, exc) from exc
    return db


def reopen_file(path: str) -> sqlite3.Connection:
    """Return a new connection for the writer to a file that `open_file` opened before.

    Raises:
        sqlite3.Error: it does not open now.
        StoreError: something else lies there by now.
    """
    _check_file(path)
    return connect(path)


def connect(path: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Return a connection to an existing file; it may be used in any one thread."""
    db = sqlite3.connect(
        f"file:{quote(str(Path(path).absolute()))}?mode={'ro' if read_only else 'rw'}",
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    db.execute("PRAGMA trusted_schema = OFF")
    if read_only:
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA cache_size = -8192")
    else:
        # NORMAL would acknowledge what a power cut takes back; FULL costs 5 % (measured).
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        # A deleted message's text leaves the file, and not only the table.
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA cache_size = -32768")
        db.execute("PRAGMA temp_store = MEMORY")
        # Who moves the log to the file must not do so beside another (`sqlite_checkpoints`).
        move_log_with_commits(db, 0)
        db.execute(f"PRAGMA journal_size_limit = {MAX_IDLE_LOG_BYTES}")
    return db


def move_log_with_commits(db: sqlite3.Connection, pages: int) -> None:
    """Have the commits of this connection move the log to the file if it is so long; 0: never."""
    db.execute(f"PRAGMA wal_autocheckpoint = {pages}")


def _make_file(path: str) -> None:
    """Make an empty file that only its owner may read, and its directory, unless there.

    An existing file is never opened here: closing it again would drop the locks that this
    process may hold on it through SQLite (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    Path(path).absolute().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if Path(path).is_dir():
            raise IsADirectoryError(0, "it is a directory") from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(0, "permission denied") from None
    if not os.access(Path(path).absolute().parent, os.W_OK | os.X_OK):
        raise PermissionError(0, "its directory is not writable")


def _check_file(path: str) -> None:
    """Refuse a file that is not ours, damaged, or of a newer version; leave it untouched."""
    db = connect(path, read_only=True)
    try:
        db.execute("BEGIN")  # One state of the file, while another process may migrate it.
        version = _version(db, path)
        if version == len(MIGRATIONS):
            # A full check would read everything; this reads one end of every tree.
            for table in TABLES:
                db.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()
            for index, table, statement in db.execute(
                "SELECT name, tbl_name, ifnull(sql, '') FROM sqlite_master WHERE type = 'index'"
            ).fetchall():
                part = statement.partition(" WHERE ")[2] or "TRUE"
                db.execute(
                    f"SELECT 1 FROM {table} INDEXED BY {index} WHERE {part} LIMIT 1"
                ).fetchall()
    finally:
        db.close()


def _version(db: sqlite3.Connection, path: str) -> int:
    """Return how many migrations the file has been through, 0 for a new one."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (things,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not application and not version and not things:
        return 0
    if application != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program. Choose another path.")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was made by a newer version of Parley (its version is {version}, this "
            f"program knows {len(MIGRATIONS)}). Run that version, or choose another path."
        )
    return int(version)


def _migrate(db: sqlite3.Connection, path: str) -> None:
    """Bring the file up to date. Any number of processes may try at once."""
    _use_write_ahead_log(db)
    # What a step needs for a while grows with the file: on the disk there is room for it.
    db.execute("PRAGMA temp_store = FILE")
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db, path)
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                db.execute(statement)
        if version < len(MIGRATIONS):
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
        db.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, which lasts.

    Two processes that do so at once would wait for each other, so SQLite refuses one of
    them at once instead of waiting: that one tries again.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    pause = threading.Event()
    while True:
        try:
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            pause.wait(0.02)
        else:
            break
    if mode != "wal":
        raise sqlite3.OperationalError("the file system does not allow a write-ahead log")


def _opening_error(path: str, exc: sqlite3.Error) -> Exception:
    """Return what to tell the operator about a file that did not open."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable(f"{path} is locked by another program.")
    if code == sqlite3.SQLITE_NOTADB:
        return StoreError(f"{path} is not a SQLite database, or damaged. Choose another path.")
    if code == sqlite3.SQLITE_CORRUPT:
        return StoreError(
            f"{path} is damaged ({exc}). Restore a backup, or save what can be read with "
            f"the sqlite3 program's .recover."
        )
    return StoreError(
        f"{path} cannot be opened: {exc}. See that it and its directory are writable for "
        "the user who runs Parley, and that the disk has room."
    )
