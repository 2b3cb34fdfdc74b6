//! One row each: what was once accepted, and what always was refused.

use super::*;

#[test]
fn common_passwords_are_refused_in_their_usual_disguises() {
    for password in [
        // As they are listed, folded, reversed, doubled, decorated.
        "password",
        "PASSWORD",
        "drowssap",
        "passwordpassword",
        "passwordpassword1",
        "monkeymonkey",
        "monkey1monkey2",
        "password1",
        "Password123!",
        "letmein!2024",
        "2024monkey!",
        "baseball2024",
        "drowssap123",
        "password!@#$%^&*",
        // Any number of digits and marks.
        "password1234567",
        "password12345678",
        "password20242025",
        "2024password2024",
        "letmein1234567",
        "iloveyou1234567",
        "!!!!!!!!password????????",
        "monkey 4839 monkey",
        // Derived again inside of what is repeated.
        "Password1!Password1!",
        "passw0rd!passw0rd!",
        "monkey1!monkey1!",
        "Password1!passw0rd2",
        "password1!password1!2024",
        "5un5h1n35un5h1n3!",
        "passwordpassword1passwordpassword1",
        // Digits and marks for letters, also at either end.
        "p4ssw0rd",
        "pa55w0rd",
        "P@$$w0rd",
        "we1come1",
        "we1come12",
        "8un5h1n3",
        "$unsh1ne",
        "5un5h1n3!",
        "b4538411",
        "footba11",
        "dra6on123",
        "5h4d0w!2024",
        // What is not seen, what is the same in another form, spaces.
        "password\u{200b}",
        "pass\u{ad}word",
        "\u{feff}p\u{2060}assword",
        "pass\u{7}word",
        "ｐａｓｓｗｏｒｄ",
        "\u{1d429}assword",
        "password\u{2028}",
        "password\u{a0}\u{a0}",
        "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}\u{61c}",
        // A few characters over and over.
        "aaaaaaaaaa",
        "aaaaaaab",
        "abcabcabc",
        "abcabcab",
        "🦀🦀🦀🦀🦀🦀🦀🦀",
        "x7#Kx7#Kx7#K",
        // Walks.
        "12345678",
        "890123456",
        "01234567890123",
        "09876543",
        "!@#$%^&*",
        "!@#$%^&*()",
        "1@3$5^7*",
        "abcdefgh",
        "yzabcdefg",
        "zyxwvuts",
        "qwertyuiop",
        "poiuytrewq",
        "qwertyuiopasdfghjkl",
        "qwertyasdf",
        "Qwerty!@#$%^",
        "qwertyasdf2024!",
        "qweasdzxc",
        "1qaz2wsx",
        "zaq12wsx",
        "qazwsxedc",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y7u",
        "q1w2e3r4",
        "a1b2c3d4e5",
        "asdfghjkl;'",
        "147258369",
        "123-456-789",
        "abc123abc123",
        "йцукенгшщз",
        // Dates and years.
        "1990-01-01",
        "01.01.1990",
        "1/1/1990",
        "01-01-90",
        "31121999",
        "1999 12 31!",
        "19841984",
        "19842024",
        "12341990",
    ] {
        assert_eq!(faults_of(password, "alicesmith"), [PasswordFault::Common], "{password}");
    }
}

#[test]
fn the_name_is_no_password() {
    for (name, password) in [
        ("Margarete", "margarete"),
        ("Margarete", "Margarete1"),
        ("Margarete", "eteragram"),
        ("Margarete", "eteragram1"),
        ("Margarete", "MargareteMargarete"),
        ("Margarete", "m4rg4rete"),
        ("Margarete", "Margarete1!Margarete1!"),
        ("margarete1990", "margarete1990!"),
        ("margarete1990", "m4rg4rete1990"),
        ("margarete1990", "Margarete2024"),
        ("_margarete_", "_margarete_1"),
        ("12345678a", "12345678a"),
        ("48391027", "48391027!!"),
        ("alicesmith", "alicesmith1234567"),
        ("alicesmith", "alicesmith12345678"),
        ("alicesmith", "AliceSmith!2024!!"),
        ("alicesmith", "4l1cesm1th"),
        ("alicesmith", "htimsecila99999999"),
        ("alicesmith", "alice smith"),
        ("alicesmith", "Alice.Smith.2024"),
        ("alice.smith", "alicesmith1"),
        ("alice.smith", "alice\u{200b}smith"),
        ("маргарита", "Маргарита2024"),
        ("bob", "bob123456789"),
    ] {
        assert!(faults_of(password, name).contains(&PasswordFault::IsName), "{name} {password}");
    }
}

#[test]
fn a_name_is_not_found_in_every_password_that_has_some_of_it() {
    for (name, password) in [
        ("", "48391027-x"),
        ("al", "vM3-kpq0z"),
        ("Margarete", "margarete is my name"),
        ("Margarete", "Xmargaretes"),
        ("123", "83912304"),
        ("123", "vM3-123-kp"),
        ("leo", "7130 4982 %%"),
        ("sam", "samarkand-to-go"),
        ("alice.smith", "smith and wesson"),
    ] {
        assert_eq!(faults_of(password, name), [], "{name} {password}");
    }
}

#[test]
fn what_the_service_is_called_is_no_password() {
    let policy = PasswordPolicy::default().of_service(["https://login.Contoso.example:8443/auth", "Wide World"]);
    let faults = |text: &str| policy.check(&Password::new(text), &CanonicalName::of("a"));
    for password in [
        "contoso1",
        "C0nt0s0!",
        "contosocontoso",
        "Contoso1!Contoso1!",
        "contoso1234567890",
        "osotnoc2024",
        "con\u{200b}toso1",
        "login.contoso.example",
        "login.contoso.example:8443/auth",
        "Wide World",
        "worldworld",
    ] {
        assert!(faults(password).contains(&PasswordFault::IsService), "{password}");
    }
    for password in ["contoso is my employer", "vM3-kpq0z", "the wide world is mine"] {
        assert_eq!(faults(password), [], "{password}");
    }
}
