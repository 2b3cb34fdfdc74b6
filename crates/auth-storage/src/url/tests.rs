use super::*;

const NOTHING: Environment<'_> = &|_| None;

fn postgres(url: &str) -> PostgresUrl {
    match Target::parse(url) {
        Ok(Target::Postgres(url)) => url,
        other => panic!("{url}: {other:?}"),
    }
}

fn fault(url: &str) -> UrlFault {
    Target::parse(url).unwrap_err()
}

#[test]
fn a_sqlite_url_is_a_path_taken_literally() {
    for (url, path) in [
        ("sqlite://auth.db", "auth.db"),
        ("sqlite:auth.db", "auth.db"),
        ("sqlite:///var/lib/auth.db", "/var/lib/auth.db"),
        ("sqlite:/var/100%/a b.db", "/var/100%/a b.db"),
        ("sqlite:file:x.db", "./file:x.db"),
    ] {
        assert!(matches!(Target::parse(url), Ok(Target::Sqlite(found)) if found == *path), "{url}");
    }
}

#[test]
fn unsound_urls_are_refused_with_what_is_wrong() {
    for (url, expected) in [
        ("", UrlFault::Empty),
        ("auth.db", UrlFault::UnknownScheme),
        ("mysql://host/db", UrlFault::UnknownScheme),
        ("host=db.example.com password=canary", UrlFault::UnknownScheme),
        ("postgres:host=db.example.com", UrlFault::UnknownScheme),
        ("Postgres://localhost/db", UrlFault::UnknownScheme),
        ("sqlite:", UrlFault::NoFile),
        ("sqlite::memory:", UrlFault::NoFile),
        ("sqlite://a.db?mode=memory", UrlFault::SqliteParameters),
        ("sqlite://a.db\n", UrlFault::ControlCharacter),
        ("sqlite://a\0.db", UrlFault::ControlCharacter),
        ("postgres://u:p@localhost/db\n", UrlFault::ControlCharacter),
        ("postgres://u:ca%nary@localhost/db", UrlFault::Escape),
        ("postgres://u:canary%@localhost/db", UrlFault::Escape),
        ("postgres://u:can%00ary@localhost/db", UrlFault::Escape),
        ("postgres://u:can@ary@localhost/db", UrlFault::Separator),
        ("postgres://u:can/ary@localhost/db", UrlFault::Separator),
        ("postgres://u:can?ary@localhost/db", UrlFault::Separator),
        ("postgres://localhost?application_name=x@db.example.com/db", UrlFault::Separator),
        ("postgres://localhost:canary/db", UrlFault::Port),
        ("postgres://localhost:5432:1/db", UrlFault::Port),
        ("postgres://localhost:%35432/db", UrlFault::Port),
        ("postgres://localhost:65536/db", UrlFault::Port),
        ("postgres://[::1/db", UrlFault::Host),
        ("postgres://[]/db", UrlFault::Host),
        ("postgres://[::1]x/db", UrlFault::Host),
        ("postgres://localhost/db?canary", UrlFault::Parameter),
        ("postgres://localhost/db?a=b=c", UrlFault::Parameter),
        ("postgres://localhost/db?a=b&", UrlFault::Parameter),
    ] {
        assert_eq!(fault(url), expected, "{url:?}");
        assert!(!fault(url).to_string().contains("canary"));
    }
}

#[test]
fn neither_debug_nor_a_scrubbed_text_shows_a_password() {
    let url = postgres("postgres://u:can%61ry@localhost/db?sslpassword=bird&password=other");
    assert!(!format!("{url:?}").contains("can"), "{url:?}");
    assert_eq!(url.scrub("canary can%61ry bird other\n"), "… … … …");
}

#[test]
fn what_the_url_sets_is_not_set_again() {
    let defaults = [("connect_timeout", "5".to_owned())];
    let with = |url| postgres(url).with_defaults(&defaults).expose().to_owned();
    assert_eq!(with("postgres://localhost/db"), "postgres://localhost/db?connect_timeout=5");
    assert_eq!(with("postgres://localhost?a=b"), "postgres://localhost?a=b&connect_timeout=5");
    assert_eq!(with("postgres://h?connect%5Ftimeout=1"), "postgres://h?connect%5Ftimeout=1");
}

#[test]
fn without_tls_only_this_machine_can_be_reached() {
    let check = |url| check_transport(&postgres(url), false, NOTHING);
    for url in [
        "postgres://localhost/db",
        "postgres://u:p@127.0.0.1:5433/db",
        "postgres://127.8.8.8/db",
        "postgres://[::1]:5432/db",
        "postgres:///db",
        "postgres://",
        "postgres://%2Fvar%2Frun%2Fpostgresql/db",
        "postgres:///db?host=/var/run/postgresql",
        "postgres://localhost,127.0.0.1/db?hostaddr=127.0.0.1,",
    ] {
        assert_eq!(check(url), Ok(()), "{url}");
    }
    for url in [
        "postgres://db.example.com/db",
        "postgresql://db.example.com/db",
        "postgres://192.168.1.7/db",
        "postgres://0.0.0.0/db",
        "postgres://[fe80::1]/db",
        "postgres://localhost.example.com/db",
        "postgres://localhost,db.example.com/db",
        "postgres://localhost%2Cdb.example.com/db",
        "postgres://localhost:1,db.example.com:2/db",
        "postgres://localhost/db?host=db.example.com",
        "postgres://localhost/db?host=db.example.com&host=localhost",
        "postgres://localhost/db?h%6Fst=db.example.com",
        "postgres://localhost/db?hostaddr=192.168.1.7",
        "postgres:///db?host=/tmp,db.example.com",
        "postgres://localhost/db?service=remote",
        "postgres://localhost/db?servicefile=/tmp/services",
    ] {
        assert!(check(url).is_err(), "{url}");
        assert_eq!(check_transport(&postgres(url), true, NOTHING), Ok(()), "{url}");
    }
}

#[test]
fn without_tls_the_environment_cannot_lead_away_either() {
    let refused = |url, variable: &str, value: &str| {
        check_transport(&postgres(url), false, &|name| (name == variable).then(|| value.to_owned())).is_err()
    };
    assert!(refused("postgres:///db", "PGHOST", "db.example.com"));
    assert!(refused("postgres:///db", "PGHOST", "/tmp,db.example.com"));
    assert!(!refused("postgres://localhost/db", "PGHOST", "db.example.com"), "libpq does not ask for it");
    assert!(!refused("postgres:///db", "PGHOST", "/var/run/postgresql"));
    assert!(refused("postgres://localhost/db", "PGHOSTADDR", "192.168.1.7"));
    assert!(!refused("postgres://localhost/db?hostaddr=::1", "PGHOSTADDR", "192.168.1.7"));
    assert!(refused("postgres://localhost/db", "PGSERVICE", "remote"));
}
