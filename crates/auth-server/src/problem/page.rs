//! The page of a code: what `type` leads to.

use super::Code;

/// A small page without scripts, generated from the table.
pub fn page(code: Code) -> String {
    let entry = code.entry();
    let (name, status) = (code.as_str(), entry.status);
    let (title, cause, remedy) = (html(entry.title), html(entry.cause), html(entry.remedy));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n<p><code>{name}</code>, status {status}</p>\n\
         <h2>Cause</h2>\n<p>{cause}</p>\n<h2>Remedy</h2>\n<p>{remedy}</p>\n</body>\n</html>\n"
    )
}

/// Text to HTML, with `` `code` `` as code.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut pieces = escaped.split('`');
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for (index, piece) in pieces.enumerate() {
        page.push_str(if index % 2 == 0 { "<code>" } else { "</code>" });
        page.push_str(piece);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_marked_and_markup_is_escaped() {
        assert_eq!(html("a `b` <c> & `d`."), "a <code>b</code> &lt;c&gt; &amp; <code>d</code>.");
    }

    #[test]
    fn every_code_has_a_page_with_cause_and_remedy() {
        for code in Code::ALL {
            let page = page(*code);
            let entry = code.entry();
            assert!(page.contains(&html(entry.cause)) && page.contains(&html(entry.remedy)), "{code:?}");
            assert_eq!(page.matches("<code>").count(), page.matches("</code>").count(), "{code:?}");
        }
    }
}
