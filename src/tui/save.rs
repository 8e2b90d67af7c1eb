//! Texts in files of their own.

use crate::workspace::Env;
use crate::workspace::files;

/// How many files of one name there are at most.
const MOST: u32 = 10_000;

/// Cells that a name takes at most: what every file system has room for, with a number and an ending.
const NAME: usize = 120;

/// Writes a text into a new file of the current directory, and gives its path. What is there already stays: the name
/// gets a number then.
///
/// # Errors
/// Why it could not be written.
pub(super) fn save(name: &str, ending: &str, text: &str, env: &Env) -> Result<String, String> {
    create((name, ending, text), files::Access::Shared, env)
}

/// Writes texts that were not staged into files that only their user may read, and says of each where it is.
pub(super) fn leave(texts: Vec<(String, String)>, env: &Env) -> Vec<String> {
    let written = |(name, text): (String, String)| {
        match create((&name, ".jsonc", &text), files::Access::Private, env) {
            Ok(path) => format!("a text that was not staged is in {path}"),
            // Better on the screen than nowhere.
            Err(why) => format!("a text was not staged, and {why}:\n{text}"),
        }
    };
    texts.into_iter().map(written).collect()
}

fn create(
    (name, ending, text): (&str, &str, &str),
    access: files::Access,
    env: &Env,
) -> Result<String, String> {
    let folder = env.directory(None).map_err(|error| format!("nothing was written: {error}"))?;
    let name = safe(name);
    for number in 1..=MOST {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{number}{ending}"));
        let made = files::create_atomic(&path, text.as_bytes(), access);
        match made {
            Ok(true) => return Ok(path.display().to_string()),
            Ok(false) => {}
            Err(error) => {
                return Err(format!("`{}` cannot be written: {error}", path.display()));
            }
        }
    }
    Err(format!("there are {MOST} files named `{name}{ending}` already"))
}

/// A name for a file anywhere: an id may have signs that are more than a name to a file system.
fn safe(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = name.chars().take(NAME).map(plain).collect();
    // No name of a file that is hidden, or of a folder.
    if name.starts_with('.') { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let env = Env::fixed(folder.path(), [("HOME", "/")]);
        for (text, wanted) in [("one", "a_b.proof.json"), ("two", "a_b-2.proof.json")] {
            let path = save("a/b", ".proof.json", text, &env).unwrap();
            assert_eq!(path, folder.path().join(wanted).display().to_string());
            assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        }
        assert_eq!(safe("../x"), "_.._x");
        let texts = vec![("order-1-paid".to_owned(), "{".to_owned())];
        let path = folder.path().join("order-1-paid.jsonc");
        let said = format!("a text that was not staged is in {}", path.display());
        assert_eq!(leave(texts, &env), [said]);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "{");
        let nowhere = Env::fixed(folder.path().join("nowhere"), [("HOME", "/")]);
        let said = leave(vec![("a".to_owned(), "{ text".to_owned())], &nowhere);
        assert!(said[0].contains("{ text"), "{said:?}");
    }
}
