//! The page of all calls, in a browser.

use super::Serving;
use super::browser::Browser;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let serving = Serving::new();
    let page = serving.stranger().get("/docs").is(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    for rule in
        ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = page.text();
    for address in ["http://", "https://", "src=", "@import", " url(", ":url("] {
        assert!(!text.contains(address), "{address}");
    }
    for placeholder in ["/*style*/", "/*script*/"] {
        assert!(!text.contains(placeholder), "{placeholder}");
    }
    assert!(page.body.len() < 40_000, "{} bytes", page.body.len());
}

/// What the document has, as the page should show it.
fn described(serving: &Serving) -> BTreeSet<String> {
    let api = serving.stranger().get("/openapi.json").is(200).json();
    let mut all = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            all.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    all
}

/// The relative luminance and the contrast of two colours are those of WCAG 2.2.
const CONTRASTS: &str = r"
(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\d.]+/g).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.startsWith('rgba(0, 0, 0, 0')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const one of document.querySelectorAll('h1, h2, p, code, label, a, button, input, .method, .what, .soft, strong, dt, dd')) {
    if (!one.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(behind(one))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) low.push(`${one.tagName}.${one.className} ${contrast.toFixed(2)}`);
  }
  return low;
})()";

fn answer(browser: &mut Browser, call: &str) -> (String, String) {
    browser.until(&format!("document.querySelector('#{call} .answer strong')"));
    browser.until(&format!("document.querySelector('#{call} .answer pre').textContent !== ''"));
    let mut text = |selector: &str| {
        let expression =
            format!("document.querySelector('#{call} .answer {selector}').textContent");
        browser.eval(&expression).as_str().unwrap().to_owned()
    };
    (text("strong"), text("pre"))
}

#[test]
fn every_call_is_shown_and_can_be_tried() {
    let Some(mut browser) = Browser::start() else {
        println!("there is no browser on this machine, and DBX_TEST_BROWSER names none");
        return;
    };
    let serving = Serving::new();
    serving.append(
        "team/red",
        "founded",
        &json!({"colour": "red", "big": 12_345_678_901_234_567_u64}),
    );
    let origin = format!("http://{}", serving.daemon.address.as_deref().unwrap());
    browser.call("Page.navigate", &json!({"url": format!("{origin}/docs")}));
    browser.until("document.querySelectorAll('details.call').length > 0");
    let shown = browser.eval(
        "[...document.querySelectorAll('details.call summary')].map((one) => \
         one.querySelector('.method').textContent + ' ' + one.querySelector('.path').textContent)",
    );
    let shown: Vec<&str> =
        shown.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let distinct: BTreeSet<String> = shown.iter().map(|one| (*one).to_owned()).collect();
    assert_eq!(shown.len(), distinct.len(), "none twice");
    assert_eq!(distinct, described(&serving));
    let linked = browser.eval("[...document.querySelectorAll('nav a')].every((a) => document.getElementById(a.hash.slice(1)))");
    assert_eq!(linked, json!(true), "a link of the index leads nowhere");

    find_and_call(&mut browser, &serving, &origin);
    call_without_rights(&mut browser, shown.len());
    kept_to_itself(&browser, &origin);
    reads_well(&mut browser);
}

/// Those calls that the search leaves.
const LEFT: &str = "[...document.querySelectorAll('details.call')].filter((one) => one.checkVisibility()).map((one) => one.id)";

/// By the keyboard alone: find, token, call.
fn find_and_call(browser: &mut Browser, serving: &Serving, origin: &str) {
    browser.press("/");
    browser.write("get_aggregate");
    assert_eq!(browser.eval(LEFT), json!(["get_aggregate"]));
    assert_eq!(browser.eval("document.getElementById('state').textContent"), json!("1 call"));
    browser.press("Tab");
    browser.write(&serving.token(&["aggregate.read"], &["aggregate:*:*"]));
    assert_eq!(browser.eval("document.activeElement.id"), json!("token"));
    browser.eval("document.querySelector('#get_aggregate summary').focus()");
    browser.press("Enter");
    browser.until("document.querySelector('#get_aggregate form')");
    browser.press("Tab");
    browser.write("team");
    browser.press("Tab");
    browser.write("red");
    browser.press("Enter");
    let (status, body) = answer(browser, "get_aggregate");
    assert_eq!(status, "200 OK");
    let record: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(record["state"]["big"], json!(12_345_678_901_234_567_u64));
    assert!(body.contains("12345678901234567"), "a number lost digits on its way: {body}");
    let curl =
        browser.eval("document.querySelector('#get_aggregate .answer pre:last-child').textContent");
    let curl = curl.as_str().unwrap();
    assert!(curl.contains(&format!("{origin}/v1/aggregates/team/red")), "{curl}");
    assert!(curl.contains("$DBX_TOKEN") && !curl.contains("eyJ"), "{curl}");
}

/// A body, and a refusal with it: the token allows no signing, nor does none.
fn call_without_rights(browser: &mut Browser, all: usize) {
    browser.eval("document.getElementById('find').focus()");
    browser.press("Escape");
    assert_eq!(browser.eval(LEFT).as_array().unwrap().len(), all);
    browser.eval("document.querySelector('#check_schema summary').focus()");
    browser.press("Enter");
    browser.until("document.querySelector('#check_schema form')");
    browser.eval("document.querySelector('#check_schema form').requestSubmit()");
    let (status, body) = answer(browser, "check_schema");
    assert!(
        status.starts_with("403") && body.contains("dbx::token::forbidden"),
        "{status}: {body}"
    );
    browser.eval("document.getElementById('token').value = ''");
    browser.eval("document.querySelector('#check_schema form').requestSubmit()");
    browser.until(
        "document.querySelector('#check_schema .answer strong')?.textContent.startsWith('401')",
    );
}

/// The page asked nobody but its own server, and broke no rule.
fn kept_to_itself(browser: &Browser, origin: &str) {
    let told = |browser: &Browser, what: &str| -> Vec<String> {
        let is = |event: &&Value| event["method"] == what;
        browser.events.iter().filter(is).map(|event| event["params"].to_string()).collect()
    };
    // A refused call is an entry of the browser's log; a policy that is broken would be another.
    let entries = told(browser, "Log.entryAdded").into_iter();
    let errors: Vec<String> = entries.filter(|one| one.contains("\"level\":\"error\"")).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().all(|entry| entry.contains("\"source\":\"network\"")), "{errors:?}");
    assert_eq!(told(browser, "Runtime.exceptionThrown"), Vec::<String>::new());
    for event in
        browser.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent")
    {
        let url = event["params"]["request"]["url"].as_str().unwrap();
        assert!(url.starts_with(origin) || url.starts_with("data:"), "{url}");
    }
}

/// In both schemes, with calls open and closed, and on a narrow window.
fn reads_well(browser: &mut Browser) {
    for scheme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.call("Emulation.setEmulatedMedia", &features);
        let low = browser.eval(CONTRASTS);
        assert_eq!(low, json!([]), "{scheme}");
        let background = browser.eval("getComputedStyle(document.body).backgroundColor");
        let dark = background.as_str().unwrap().starts_with("rgb(21,");
        assert_eq!(dark, scheme == "dark", "{background}");
    }
    // On a narrow window nothing is cut off.
    let narrow = json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
    browser.call("Emulation.setDeviceMetricsOverride", &narrow);
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= 360"), json!(true));
}
