//! `docs/CONFIGURATION.md`, written from the table of keys.

use std::fmt::Write as _;

use super::keys::{KEYS, Key};

const HEAD: &str = "\
# Configuration

Written by `cargo run -- config reference > docs/CONFIGURATION.md` from the table of known keys; a test compares the two.

Without any configuration the server listens on loopback, with an SQLite file in the working directory.

## Order

Later ones win, key by key:

1. what is built in, as `config/default.toml` lists it (compiled in; the working directory is never searched for configuration),
2. `--config FILE`, several times if need be, the last one first,
3. environment variables,
4. flags.

`auth-server config show --origin` prints the merged values and who set each of them; `auth-server config check` prints
everything that is wrong at once, and exits with 78.

## Files

TOML, one table a section, as in `config/default.toml` and `config/production.example.toml`. A key that is not listed below is an
error, which names the file, the key and the nearest known key.

## Environment

The name of a variable is `AUTH_` and the key in capitals, its dot as an underscore: `token.access_ttl` is
`AUTH_TOKEN_ACCESS_TTL`. A name that begins with `AUTH_` and belongs to no key is an error, which names the nearest one.
Variables that a container platform injects for a service (`AUTH_SERVER_SERVICE_HOST`,
`AUTH_SERVER_PORT=tcp://…`, `AUTH_SERVER_PORT_8080_TCP_ADDR` and their like) are ignored with a warning.

Some keys have a second variable that is in common use. The `AUTH_` name wins over it, with a warning where the two
differ; empty, the second one counts as not set.

";

const SECRETS: &str = "
## Secrets

A secret is masked in all output, appears in no error message, and is never a flag. Each of its variables has a twin that ends
with `_FILE` and names a file with the secret (line ends after it do not count), as container platforms mount
them. To set a variable and its twin is an error.

| key | variables |
| --- | --- |
";

const UNITS: &str = "
## Values

* Durations are numbers with `d`, `h`, `m`, `s`, `ms`, from large to small: `2h30m`, `250ms`.
* Sizes are one number with `B`, `KiB`, `MiB` or `GiB`: `64KiB`.
* Lists are items between commas, in files also arrays of strings.
* Switches are `true` or `false`.
* In TOML, durations, sizes and words stand in quotes.
";

const SECTIONS: &[(&str, &str)] = &[
    ("", "Address"),
    ("server", "Server"),
    ("cors", "Pages of other origins"),
    ("ops", "Operations"),
    ("database", "Database"),
    ("secrets", "Root keys"),
    ("token", "Access tokens"),
    ("introspection", "Introspection"),
    ("session", "Sessions"),
    ("cleanup", "Clean-up"),
    ("audit", "Audit log"),
    ("password", "Passwords"),
    ("hashing", "Password hashing"),
    ("registration", "Registration"),
    ("username", "User names"),
    ("limits", "Limits on guessing"),
    ("log", "Log"),
];

const OPERATION: &str = "
## Threads, connections, memory

Three keys size everything; left at 0 they follow from the cores, and `auth-server doctor` prints what came of them.

* `hashing.max_concurrent` hashes are made at once, each in `hashing.memory`: their product is resident from the first flood on,
  and nothing else of a flood is. The lane that hashes has two threads more, which ask the database meanwhile, at low priority.
* `database.pool_size` counts the connections of one instance, but for one more that hears of ended sessions. A thread that asks
  the database has a connection of its own, so requests never wait for each other in a circle; set too low, it allows fewer hashes
  at once. With several instances, their sum has to fit into PostgreSQL's `max_connections`.
* `server.workers` threads serve HTTP and never block.
* Each of `server.max_connections` needs a descriptor. The server raises its limit of open files as far as it may; where that is too
  low, there are fewer connections, each address has as much less, and the log and `auth-server doctor` say so. 10,000 fit into
  `LimitNOFILE=16384` in a systemd unit, or `--ulimit nofile=16384` of a container.

More sign-ins than the machine can hash wait, by turns of their clients' addresses, up to `hashing.queue_limit` of them and
`hashing.max_wait` each; the others are answered 503 at once, with a `Retry-After`. `auth-server hash calibrate` measures which cost
of hashes a target time allows, and how many sign-ins a second follow.

On Linux with glibc, `GLIBC_TUNABLES=glibc.malloc.hugetlb=1` in the server's environment puts the memory of hashes on huge pages,
where `/sys/kernel/mm/transparent_hugepage/enabled` says `madvise`.
";

/// The reference of all keys as Markdown: the whole content of `docs/CONFIGURATION.md`.
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("| variable | key |\n| --- | --- |\n");
    for (alias, key) in KEYS.iter().filter_map(|key| Some((key.alias?, key.name))) {
        let _ = writeln!(text, "| `{alias}` | `{key}` |");
    }
    text.push_str(SECRETS);
    for key in KEYS.iter().filter(|key| key.secret) {
        let alias = key.alias.map(|alias| format!(", `{alias}`, `{alias}_FILE`")).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | `{1}`, `{1}_FILE`{alias} |", key.name, key.variable());
    }
    text.push_str(UNITS);
    text.push_str("\n## Keys\n");
    for (section, title) in SECTIONS {
        let _ =
            write!(text, "\n### {title}\n\n| key | default | allowed | what it does |\n| --- | --- | --- | --- |\n");
        for key in KEYS.iter().filter(|key| section_of(key) == *section) {
            text.push_str(&row(key));
        }
    }
    text.push_str(OPERATION);
    text
}

fn row(key: &Key) -> String {
    let default = if key.default.is_empty() { key.empty.to_owned() } else { format!("`{}`", key.default) };
    let cells = [default, key.allowed(), key.doc.to_owned()].map(|cell| cell.replace('|', "\\|"));
    let secret = if key.secret { " (secret)" } else { "" };
    format!("| `{}`{secret} | {} |\n", key.name, cells.join(" | "))
}

fn section_of(key: &Key) -> &'static str {
    key.name.split_once('.').map_or("", |(section, _)| section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::kind::Kind;
    use crate::config::layers::DEFAULT_FILE;

    const COMMITTED: &str = include_str!("../../../../docs/CONFIGURATION.md");

    /// `config/default.toml` as the table of keys wants it.
    fn default_file() -> String {
        let mut text = "# Every key with its built-in value. This file is compiled in and read nowhere else: copy what differs into a file\n\
                        # of your own and name it with --config. What is allowed stands in docs/CONFIGURATION.md.\n"
            .to_owned();
        let mut section = "";
        for key in KEYS {
            if section != section_of(key) {
                section = section_of(key);
                let _ = write!(text, "\n[{section}]\n");
            } else if section.is_empty() {
                text.push('\n');
            }
            let value = match &key.kind {
                Kind::Switch | Kind::Number { .. } => key.default.to_owned(),
                Kind::List | Kind::Items { .. } => "[]".to_owned(),
                _ => format!("\"{}\"", key.default),
            };
            let empty = if key.empty.is_empty() { String::new() } else { format!(" Empty: {}.", key.empty) };
            let name = key.name.rsplit('.').next().unwrap_or_default();
            let _ = write!(text, "# {}{empty}\n{name} = {value}\n", key.doc);
        }
        text
    }

    #[test]
    fn the_committed_reference_is_up_to_date() {
        assert!(
            COMMITTED == reference(),
            "docs/CONFIGURATION.md differs from the table of keys; run `cargo run -- config reference > docs/CONFIGURATION.md`"
        );
    }

    #[test]
    fn the_default_file_lists_every_key_with_its_default() {
        let wanted = default_file();
        let differing =
            wanted.lines().zip(DEFAULT_FILE.lines()).enumerate().find(|(_, (wanted, found))| wanted != found);
        assert!(DEFAULT_FILE == wanted, "config/default.toml differs from the table of keys: {differing:#?}");
    }

    #[test]
    fn every_key_is_in_the_reference_once() {
        let text = reference();
        let keys = text.split("## Keys").nth(1).unwrap_or_default();
        for key in KEYS {
            assert_eq!(keys.matches(&format!("\n| `{}`", key.name)).count(), 1, "{}", key.name);
        }
    }
}
