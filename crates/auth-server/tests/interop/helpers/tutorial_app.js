// The parts of the tutorial's own app that leave something behind: its table, its hashes, its tokens.

import { writeFile } from 'node:fs/promises';
import bcrypt from 'bcryptjs';
import jsonwebtoken from 'jsonwebtoken';
import { DataTypes, Sequelize } from 'sequelize';

import { postgresDatabase, sqlite } from './databases.js';

/** A token as the app makes it. */
export function tutorialToken(user, secret, options = {}) {
  const { userId, username } = user;
  return jsonwebtoken.sign({ userId, username }, secret, { expiresIn: '2h', ...options });
}

/** Fills the app's table in PostgreSQL, as the app does. */
export async function postgresTable(t, users) {
  const database = await postgresDatabase(t);
  const sequelize = new Sequelize({ ...database.sequelize, logging: false });
  try {
    const User = sequelize.define(
      'User',
      { username: DataTypes.STRING, password: DataTypes.STRING },
      { tableName: 'users' },
    );
    await sequelize.sync();
    for (const { id, username, password, cost, createdAt } of users) {
      const hash = bcrypt.hashSync(password, cost);
      await User.create({ id, username, password: hash, createdAt });
    }
  } finally {
    await sequelize.close();
  }
  return database;
}

/** The same in SQLite, where Sequelize would need a compiled driver: its statements, its way to write instants. */
export function sqliteTable(file, users) {
  const instant = (date) => date.toISOString().replace('T', ' ').replace('Z', ' +00:00');
  sqlite(file, [
    [
      'CREATE TABLE IF NOT EXISTS `users` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, `username` VARCHAR(255), ' +
        '`password` VARCHAR(255), `createdAt` DATETIME NOT NULL, `updatedAt` DATETIME NOT NULL)',
      [],
    ],
    ...users.map(({ id, username, password, cost, createdAt }) => [
      'INSERT INTO `users` (`id`,`username`,`password`,`createdAt`,`updatedAt`) VALUES (?,?,?,?,?)',
      [id, username, bcrypt.hashSync(password, cost), instant(createdAt), instant(createdAt)],
    ]),
  ]);
}

/** Rows as a CSV file with a header. */
export async function csvFile(file, rows) {
  const field = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const lines = [Object.keys(rows[0]), ...rows.map(Object.values)].map((fields) => `${fields.map(field).join(',')}\n`);
  await writeFile(file, lines.join(''));
}
