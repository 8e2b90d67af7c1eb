"use strict";
// Draws /openapi.json, and sends what is typed to where the page came from. Everything is built as nodes: no text of the
// document or of an answer is ever read as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];
const SHOWN_MAX = 200000;
const byId = (id) => document.getElementById(id);
let api = null;

/** A node with attributes and children; a child that is text stays text. */
function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Text in which `words in backticks` are code. */
const prose = (text) =>
  (text ?? "").split("`").map((part, at) => (at % 2 ? node("code", {}, part) : part));

/** A path that may end a line before each of its parts. */
const breakable = (path) => path.split(/(?=\/)/).flatMap((part) => [node("wbr"), part]);

const follow = (thing) =>
  thing?.$ref ? thing.$ref.split("/").slice(1).reduce((at, key) => at?.[key], api) : thing;
const refName = (schema) => schema?.$ref?.split("/").pop();
const variants = (schema) => schema.oneOf ?? schema.anyOf ?? schema.allOf;

/** What a type is called: a link where it has a section of its own. */
function typeOf(schema) {
  if (!schema) return ["anything"];
  const name = refName(schema);
  if (name) return [node("a", { href: `#type-${name}` }, name)];
  const choices = variants(schema);
  if (choices) return choices.flatMap((one, at) => [at ? " or " : null, ...typeOf(one)]);
  if (schema.enum) return [schema.enum.map((one) => JSON.stringify(one)).join(" | ")];
  const kind = [schema.type ?? "anything"].flat();
  if (kind.includes("array")) return ["list of ", ...typeOf(schema.items)];
  return [kind.join(" or ")];
}

/** A value of a type, to begin from. */
function example(schema, depth = 0) {
  const known = follow(schema) ?? {};
  if (known.example !== undefined) return known.example;
  if (known.default !== undefined) return known.default;
  if (known.enum) return known.enum[0];
  const choices = variants(known)?.filter((one) => one.type !== "null");
  if (choices?.length) return example(choices[0], depth);
  const kind = [known.type].flat().find((one) => one !== "null");
  if (kind === "object" || known.properties) {
    const required = new Set(known.required ?? []);
    const members = Object.entries(known.properties ?? {});
    const wanted = members.filter(([name]) => required.has(name));
    const shown = wanted.length ? wanted : depth ? [] : members;
    return Object.fromEntries(shown.map(([name, member]) => [name, example(member, depth + 1)]));
  }
  if (kind === "array") return depth > 2 ? [] : [example(known.items, depth + 1)];
  return { string: "", integer: 0, number: 0, boolean: false }[kind] ?? null;
}

function members(schema) {
  const known = follow(schema) ?? {};
  const required = new Set(known.required ?? []);
  const list = Object.entries(known.properties ?? {});
  if (!list.length) return node("p", { class: "soft" }, typeOf({ ...known, $ref: undefined }));
  const entry = ([name, member]) => [
    node("dt", {}, name, required.has(name) ? "" : "?"),
    node("dd", {}, typeOf(member), node("span", { class: "soft" }, " ", prose(member.description ?? follow(member)?.description))),
  ];
  return node("dl", {}, list.flatMap(entry));
}

/** The field for one parameter. */
function parameterRow(call, parameter) {
  const id = `${call.id}-${parameter.in}-${parameter.name}`;
  const schema = follow(parameter.schema) ?? {};
  const choices = schema.enum ?? (schema.type === "boolean" ? ["true", "false"] : null);
  const attributes = { id, "data-in": parameter.in, "data-name": parameter.name, required: parameter.required };
  const input = choices
    ? node("select", attributes, node("option", { value: "" }, ""), choices.map((one) => node("option", {}, one)))
    : node("input", { ...attributes, autocomplete: "off", spellcheck: "false" });
  if (parameter.description) input.setAttribute("aria-describedby", `${id}-about`);
  return node("div", { class: "parameter" },
    node("label", { for: id }, node("code", {}, parameter.name), " ",
      node("span", { class: "soft" }, parameter.required ? "required" : parameter.in)),
    input,
    parameter.description ? node("p", { id: `${id}-about` }, prose(parameter.description)) : null);
}

/** What is sent: the address, the headers, the body. */
function requestOf(call, form) {
  let path = call.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const input of form.querySelectorAll("[data-in]")) {
    const { in: place, name } = input.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value === "") continue;
    else if (place === "query") query.append(name, input.value);
    else if (place === "header") headers[name] = input.value;
  }
  const token = byId("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  const text = form.querySelector("textarea")?.value;
  if (text !== undefined) headers["Content-Type"] = call.media;
  return { url: path + (query.size ? `?${query}` : ""), headers, body: text, method: call.method.toUpperCase() };
}

/** The same for a shell; the token is left to a variable. */
function curl(request) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl ${request.method === "GET" ? "" : `-X ${request.method} `}${quoted(location.origin + request.url)}`];
  for (const [name, value] of Object.entries(request.headers)) {
    parts.push(name === "Authorization" ? '-H "Authorization: Bearer $DBX_TOKEN"' : `-H ${quoted(`${name}: ${value}`)}`);
  }
  if (request.body !== undefined) parts.push(`--data ${quoted(request.body)}`);
  return parts.join(" \\\n  ");
}

/** Sends, and shows the answer as it comes: some go on for as long as one listens. */
async function send(call, form, out, stop) {
  const request = requestOf(call, form);
  const control = new AbortController();
  const line = node("p", { role: "status" }, "Waiting…");
  const body = node("pre", { tabindex: "0", "aria-label": "The answer" });
  out.replaceChildren(line, body, node("h3", {}, "In a shell"), node("pre", { tabindex: "0" }, curl(request)));
  stop.hidden = false;
  stop.onclick = () => control.abort();
  const start = performance.now();
  try {
    const answer = await fetch(request.url, { ...request, signal: control.signal, credentials: "omit", cache: "no-store" });
    const kind = answer.ok ? "good" : answer.status < 400 ? "middle" : "bad";
    const extra = ["etag", "retry-after", "idempotency-replayed", "location"].filter((name) => answer.headers.has(name));
    line.replaceChildren(node("strong", { class: kind }, `${answer.status} ${answer.statusText}`),
      node("span", { class: "soft" }, ` in ${Math.round(performance.now() - start)} ms`,
        extra.map((name) => ` · ${name}: ${answer.headers.get(name)}`)));
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let piece; reader && !(piece = await reader.read()).done && text.length < SHOWN_MAX; ) {
      text += piece.value;
      body.textContent = text;
    }
    if (text.length >= SHOWN_MAX) control.abort();
    const json = (answer.headers.get("content-type") ?? "").includes("json") && !answer.headers.get("content-type").includes("nd");
    body.textContent = json && text.length < SHOWN_MAX ? pretty(text) : text || "(no body)";
  } catch (error) {
    if (error.name === "AbortError") line.append(" · stopped");
    else line.replaceChildren(node("strong", { class: "bad" }, `No answer: ${error.message}`));
  } finally {
    stop.hidden = true;
  }
}

/** Indents JSON without reading its numbers, which may have more digits than a script's. */
function pretty(text) {
  let depth = 0;
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const pad = () => `\n${"  ".repeat(depth)}`;
  return tokens.map((token, at) => {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") return next === "}" || next === "]" ? token : (depth += 1, token + pad());
    if (token === "}" || token === "]") {
      const before = tokens[at - 1];
      return before === "{" || before === "[" ? token : (depth -= 1, pad() + token);
    }
    return token === "," ? token + pad() : token === ":" ? ": " : token;
  }).join("");
}

function answersOf(operation) {
  const entry = ([status, response]) => {
    const known = follow(response) ?? {};
    const content = Object.entries(known.content ?? {});
    const kinds = content.flatMap(([media, one]) => [" ", ...typeOf(one.schema), media === "application/json" ? null : ` (${media})`]);
    return [node("dt", {}, status), node("dd", {}, prose(known.description), node("span", { class: "soft" }, kinds))];
  };
  return node("dl", {}, Object.entries(operation.responses).flatMap(entry));
}

/** Everything about one call, drawn when it is opened. */
function inside(call) {
  const { operation } = call;
  const parameters = [...(call.shared ?? []), ...(operation.parameters ?? [])].map(follow);
  const content = Object.entries(follow(operation.requestBody)?.content ?? {})[0];
  call.media = content?.[0];
  const out = node("div", { class: "answer" });
  const stop = node("button", { type: "button", hidden: true }, "Stop");
  const form = node("form", { onsubmit: (event) => { event.preventDefault(); send(call, form, out, stop); } });
  if (parameters.length) form.append(node("h3", {}, "Parameters"), ...parameters.map((one) => parameterRow(call, one)));
  if (content) {
    const id = `${call.id}-body`;
    const text = call.media.endsWith("json") ? JSON.stringify(example(content[1].schema), null, 2) : "";
    form.append(node("h3", {}, node("label", { for: id }, "Body "), typeOf(content[1].schema), ` (${call.media})`),
      node("textarea", { id, spellcheck: "false" }, text));
  }
  form.append(node("div", { class: "actions" }, node("button", { class: "send" }, "Send"), stop,
    node("span", { class: "soft" }, operation.security ? "needs no token" : "")));
  return node("div", { class: "inside" }, operation.description ? node("p", {}, prose(operation.description)) : null,
    form, out, node("h3", {}, "Answers"), answersOf(operation));
}

function callNode(call) {
  const made = node("details", { class: "call", id: call.id, "data-text": call.text },
    node("summary", {}, node("span", { class: `method ${call.method}` }, call.method.toUpperCase()),
      node("code", { class: "path" }, breakable(call.path)), node("span", { class: "what" }, prose(call.operation.summary))));
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(inside(call));
  });
  return made;
}

function callsOf() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const text = `${method} ${path} ${operation.summary ?? ""} ${operation.operationId ?? ""}`.toLowerCase();
      return { path, method, operation, shared: item.parameters, text, id: operation.operationId ?? `${method}${path}` };
    }));
}

function draw() {
  const calls = callsOf();
  const tags = new Map((api.tags ?? []).map((tag) => [tag.name, tag.description]));
  for (const call of calls) for (const tag of call.operation.tags ?? []) if (!tags.has(tag)) tags.set(tag, "");
  byId("version").textContent = api.info.version;
  byId("about").replaceChildren(...prose(api.info.description));
  for (const [tag, description] of tags) {
    const own = calls.filter((call) => call.operation.tags?.[0] === tag);
    if (!own.length) continue;
    const link = (call) => node("li", { "data-text": call.text }, node("a", { href: `#${call.id}` },
      node("span", { class: `method ${call.method}` }, call.method.toUpperCase()),
      node("span", {}, breakable(call.path.replace("/v1", "")))));
    byId("index").append(node("li", { class: "group" }, node("a", { href: `#tag-${tag}` }, tag), node("ul", {}, own.map(link))));
    byId("calls").append(node("section", { id: `tag-${tag}`, class: "group", "aria-labelledby": `name-${tag}` },
      node("h2", { id: `name-${tag}` }, tag), node("p", {}, prose(description)), own.map(callNode)));
  }
  const types = Object.entries(api.components?.schemas ?? {}).map(([name, schema]) =>
    node("div", { class: "type", id: `type-${name}` }, node("strong", {}, name), " ",
      node("span", { class: "soft" }, prose(schema.description)), members(schema)));
  byId("calls").append(node("section", { id: "types" }, node("h2", {}, "types"), types));
  byId("state").textContent = `${calls.length} calls`;
  openTarget();
}

/** Opens what the address points at. */
function openTarget() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
}

function find() {
  const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const one of document.querySelectorAll("[data-text]")) {
    one.hidden = !words.every((word) => one.dataset.text.includes(word));
    if (!one.hidden && one instanceof HTMLDetailsElement) left += 1;
  }
  for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector("[data-text]:not([hidden])");
  byId("types").hidden = words.length > 0;
  byId("state").textContent = left === 1 ? "1 call" : `${left} calls`;
}

byId("find").addEventListener("input", find);
byId("reveal").addEventListener("click", (event) => {
  const shown = byId("token").type === "password";
  byId("token").type = shown ? "text" : "password";
  event.target.setAttribute("aria-pressed", String(shown));
  event.target.textContent = shown ? "hide" : "show";
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("find").focus();
  } else if (event.key === "Escape" && event.target.id === "find") {
    event.target.value = "";
    find();
  }
});
addEventListener("hashchange", openTarget);

fetch("/openapi.json").then((answer) => answer.json()).then((json) => { api = json; draw(); })
  .catch((error) => { byId("state").textContent = `The description cannot be read: ${error.message}`; });
