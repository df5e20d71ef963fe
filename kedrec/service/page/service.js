// Asks the service. Addresses are relative, so that the page works behind a path prefix.

/** An error that the service describes (RFC 9457), or that the connection has. */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "The request failed.");
    this.hint = problem.hint || "";
    this.candidates = problem.candidates || [];
    this.status = problem.status || 0;
  }
}

const GONE = { title: "No answer", detail: "The service doesn't answer.", hint: "Check that `kedrec serve` runs, then ask again." };

const KEY = "kedrec-key";

/** The key that is sent with every question; "" for none. */
export function keyOf() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // a browser that stores nothing
  }
}

/** Keeps a key for this tab, until it is closed; "" forgets it. */
export function setKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

async function request(path, options) {
  const key = keyOf();
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(GONE);
  }
  if (response.ok) return response;
  let problem;
  try {
    problem = await response.json();
  } catch {
    problem = { detail: `The service answered with status ${response.status}.`, hint: "Ask again later." };
  }
  throw new Problem({ status: response.status, ...problem });
}

const body = (question, signal, accept = "application/json") => ({
  method: "POST",
  headers: { "Content-Type": "application/json", Accept: accept },
  body: JSON.stringify(question),
  signal,
});

/** The parsed answer to a GET. */
export const get = async (path, signal) => (await request(path, { signal })).json();

/** The parsed answer to a POST. */
export const post = async (path, question, signal) => (await request(path, body(question, signal))).json();

/** The text of the answer to a POST. */
export const postForText = async (path, question, accept) => (await request(path, body(question, undefined, accept))).text();

const RETRIES = 3;

/**
 * Asks for recommendations, and calls `on[name](data)` with every event: ranking, token, claim, done.
 * A broken stream is taken up where it stopped; where streams don't pass, the whole answer is asked for.
 */
export async function recommend(question, on, signal) {
  let last = "";
  for (let attempt = 0; attempt < RETRIES; attempt++) {
    const options = body(question, signal, "text/event-stream");
    if (last) options.headers["Last-Event-ID"] = last;
    const response = await request("v1/recommend", options);
    if (!(response.headers.get("Content-Type") || "").startsWith("text/event-stream")) {
      on.done(await response.json());
      return;
    }
    try {
      for await (const event of eventsOf(response.body)) {
        last = event.id || last;
        if (event.name === "error") throw new Problem(JSON.parse(event.data));
        on[event.name]?.(JSON.parse(event.data));
        if (event.name === "done") return;
      }
    } catch (error) {
      if (error instanceof Problem || error.name === "AbortError") throw error;
    }
    await new Promise((go) => setTimeout(go, 500 * (attempt + 1)));
  }
  on.done(await post("v1/recommend", question, signal));
}

async function* eventsOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = { id: "", name: "message", data: "" };
      for (const line of block.split("\n")) {
        const colon = line.indexOf(":");
        const [field, content] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
        if (field === "data") event.data += content;
        else if (field === "event") event.name = content;
        else if (field === "id") event.id = content;
      }
      if (event.data) yield event;
    }
  }
}
