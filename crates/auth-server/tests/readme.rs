//! The pages for people: their code is that of examples that are compiled or run, their links lead somewhere, and the tests
//! that they name exist.
//!
//! A block of code under `<!-- from PATH -->` equals what stands in that file between `// README begin` and
//! `// README end`, indentation aside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `README.md` and every page below `docs`, relative to the root.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// A block of code, and the file that the line before it names.
#[derive(Debug, PartialEq)]
struct Block {
    from: Option<String>,
    text: String,
}

/// The blocks of code of a page, and the page without any block.
fn split(page: &str) -> (Vec<Block>, String) {
    let (mut blocks, mut prose) = (Vec::new(), String::new());
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let inside: Vec<_> = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
            if ["rust", "ts", "js", "python"].contains(&language) {
                let from = before.strip_prefix("<!-- from ").and_then(|rest| rest.strip_suffix(" -->"));
                blocks.push(Block { from: from.map(str::to_owned), text: inside.join("\n") });
            }
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
        before = line;
    }
    (blocks, prose)
}

/// What stands between the markers of a source, each piece without its common indentation; all of it where it has none.
fn pieces(source: &str) -> Vec<String> {
    if !source.contains("// README begin") {
        return vec![source.trim_end().to_owned()];
    }
    let mut pieces = Vec::new();
    let mut lines = source.lines();
    while lines.by_ref().any(|line| line.trim() == "// README begin") {
        let piece: Vec<_> = lines.by_ref().take_while(|line| line.trim() != "// README end").collect();
        let indent = |line: &&str| line.len() - line.trim_start().len();
        let common = piece.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
        pieces.push(piece.iter().map(|line| line.get(common..).unwrap_or("")).collect::<Vec<_>>().join("\n"));
    }
    pieces
}

/// Where the links of a page lead, those to other sites and to the page itself left out.
fn links(prose: &str) -> Vec<String> {
    let without_code: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let targets = without_code.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inner = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    inner.filter_map(|target| target.split('#').next()).filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_block_of_code_is_that_of_an_example_that_runs() {
    for page in pages() {
        let (blocks, _) = split(&fs::read_to_string(root().join(&page)).unwrap());
        if page == Path::new("README.md") {
            assert!(blocks.len() > 3 && blocks.iter().all(|block| block.from.is_some()), "README.md: {blocks:#?}");
        }
        if page.starts_with("docs/verify") {
            assert!(blocks.iter().all(|block| block.from.is_some()), "{}: {blocks:#?}", page.display());
        }
        for (from, text) in blocks.iter().filter_map(|block| Some((block.from.as_ref()?, &block.text))) {
            let source = fs::read_to_string(root().join(from)).unwrap_or_else(|error| panic!("{from}: {error}"));
            let pieces = pieces(&source);
            assert!(
                pieces.contains(text),
                "{} shows:\n{text}\n\n{from} has:\n{}",
                page.display(),
                pieces.join("\n--\n")
            );
        }
    }
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut found = 0;
    for page in pages() {
        let (_, prose) = split(&fs::read_to_string(root().join(&page)).unwrap());
        for link in links(&prose) {
            found += 1;
            let target = root().join(page.parent().unwrap()).join(&link);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
        }
    }
    assert!(found > 10, "{found} links");
}

/// Functions that a page names in backquotes, told by three underscores or more: tests, nearly all of them. What begins
/// with `auth_` is a metric.
fn functions(prose: &str) -> Vec<&str> {
    let code = prose.split('`').skip(1).step_by(2);
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    code.filter(|name| name.chars().all(letter) && name.matches('_').count() > 2 && !name.starts_with("auth_"))
        .collect()
}

/// Every line of Rust below a folder.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() && !path.ends_with("node_modules") {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn every_test_that_a_page_names_exists() {
    let sources = sources(&root().join("crates"));
    let mut found = 0;
    for page in pages() {
        let (_, prose) = split(&fs::read_to_string(root().join(&page)).unwrap());
        for name in functions(&prose) {
            found += 1;
            assert!(sources.contains(&format!("fn {name}(")), "{}: there is no `{name}`", page.display());
        }
    }
    assert!(found > 20, "{found} names");
}

#[test]
fn a_block_is_taken_with_its_file_and_a_piece_without_its_indentation() {
    let page = "a\n<!-- from x.rs -->\n```rust\nfn a() {\n    b();\n}\n```\n```rust\nc\n```\n```sh\nd\n```\n";
    let (blocks, prose) = split(page);
    let text = "fn a() {\n    b();\n}".to_owned();
    assert_eq!(
        blocks,
        [Block { from: Some("x.rs".into()), text: text.clone() }, Block { from: None, text: "c".into() }]
    );
    assert_eq!(prose, "a\n<!-- from x.rs -->\n");
    let source =
        "x\n    // README begin\n    fn a() {\n        b();\n    }\n    // README end\ny\n// README begin\nz\n";
    assert_eq!(pieces(source), [text, "z".to_owned()]);
}

#[test]
fn links_in_code_and_to_elsewhere_do_not_count() {
    let prose = "[a](b.md) `[c](d.md)` [e](https://f.example/) [g](#h) [i](j.md#k)\n[l](../m)";
    assert_eq!(links(prose), ["b.md", "j.md", "../m"]);
    assert_eq!(functions("`a_b_c_d` and `auth_b_c_d`, `a_b_c`, `A_B_C_D`, a_b_c_e, `f(a_b_c_g)`"), ["a_b_c_d"]);
}
