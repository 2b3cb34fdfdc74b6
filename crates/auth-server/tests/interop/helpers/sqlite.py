"""Runs SQL on a SQLite file, for Node 20 has no driver of its own.

    sqlite.py FILE <<< '[["INSERT INTO t VALUES (?)", [1]], ["SELECT * FROM t", []]]'

One transaction; prints the rows of the last statement as JSON objects.
"""

import json
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1])
connection.row_factory = sqlite3.Row
rows = []
with connection:
    for sql, parameters in json.load(sys.stdin):
        rows = connection.execute(sql, parameters).fetchall()
connection.close()
print(json.dumps([dict(row) for row in rows]))
