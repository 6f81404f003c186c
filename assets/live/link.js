// The way to the worker: a WebSocket with credits, or, where a host blocks it, Streamlit's own connection.
//
// The page grants frames ahead and renews the grant as it draws, so a slow page slows the stream instead of piling it up.
// A lost socket is opened again, ever more slowly; a refused one is not.

const REFUSED = [4403, 4404, 4408, 4409]; // the server says why before it closes
const PATIENCE = 3000; // ms until the first socket counts as blocked
const LATER = 30000; // ms between two looks whether it still is
const SLOWEST = 8000; // ms between two tries to reconnect
const FRAMES_PER_SECOND = 60;

export class Link {
  // Without a url there is nothing to connect to. `on` has frame(buffer), message(object) and state(name, detail): "connecting", "socket", "fallback", "lost", "refused".
  // `greeting` is what else a page says when it begins: which kind of data it is about.
  constructor(url, on, greeting = {}) {
    this.url = url;
    this.on = on;
    this.greeting = greeting;
    this.probes = [];
    this.waiting = new Map();
    this.queue = [];
    this.asked = 0;
    this.granted = 0;
    this.window = 2;
    this.attempt = 0;
    this.state = "connecting";
    if (!url) return;
    this.patience = setTimeout(() => this.fallBack(), PATIENCE);
    this.retryNow = () => document.visibilityState === "visible" && this.timer && this.open();
    addEventListener("online", this.retryNow);
    document.addEventListener("visibilitychange", this.retryNow);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.timer = null;
    let socket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      return this.later();
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => this.received(event.data);
    socket.onclose = (event) => this.socket === socket && this.closed(event.code);
  }

  opened() {
    clearTimeout(this.patience);
    this.attempt = 0;
    this.everOpen = true;
    this.enter("socket");
    this.ping();
    this.begin();
  }

  // Says who is here and what to send; after every (re)connection.
  begin() {
    this.granted = 0;
    this.send({ cmd: "hello", reduced_motion: matchMedia("(prefers-reduced-motion: reduce)").matches, ...this.greeting });
    this.subscribe(this.probes);
  }

  subscribe(probes) {
    this.probes = probes;
    if (this.live) {
      this.send({ cmd: "viewer", probes, max_rate: FRAMES_PER_SECOND });
      this.grant(0);
    }
  }

  get live() {
    return this.state === "socket" || this.state === "fallback";
  }

  closed(code) {
    this.socket = null;
    clearInterval(this.pinging);
    for (const [, answer] of this.waiting) answer({ ok: false, error: "" });
    this.waiting.clear();
    if (REFUSED.includes(code)) {
      clearTimeout(this.patience);
      return this.enter("refused", this.refusal);
    }
    if (this.state === "socket") this.enter("lost");
    this.later();
  }

  later() {
    const pause = this.state === "fallback" ? LATER : Math.min(SLOWEST, 250 * 1.7 ** this.attempt++);
    this.timer = setTimeout(() => this.open(), pause * (0.8 + 0.4 * Math.random()));
  }

  enter(state, detail) {
    this.state = state;
    this.on.state(state, detail);
  }

  // Sends a command and promises the worker's reply: {ok: true, ...} or {ok: false, error: a sentence}.
  ask(command) {
    const id = ++this.asked;
    return new Promise((answer) => {
      if (!this.live) return answer({ ok: false, error: "" });
      this.waiting.set(id, answer);
      this.send({ ...command, id });
    });
  }

  send(command) {
    if (this.state === "fallback") {
      this.queue.push(command);
      this.on.queued?.();
    } else if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }

  received(data) {
    if (data instanceof ArrayBuffer) {
      this.granted -= 1;
      this.on.frame(data);
    } else this.told(JSON.parse(data));
  }

  told(message) {
    if ("refused" in message) this.refusal = message.refused;
    else if ("pong" in message) {
      const trip = performance.now() - message.pong;
      this.trip = this.trip ? 0.7 * this.trip + 0.3 * trip : trip;
      this.window = Math.max(2, Math.min(8, 1 + Math.ceil((this.trip / 1000) * FRAMES_PER_SECOND)));
    } else if ("reply" in message) {
      this.waiting.get(message.reply)?.(message);
      this.waiting.delete(message.reply);
    } else this.on.message(message);
  }

  // The page has drawn what came and has room for more; `held` frames are still in its queue.
  grant(held) {
    const room = this.window - held - this.granted;
    if (room <= 0 || this.state !== "socket") return;
    this.granted += room;
    this.send({ cmd: "credit", n: room });
  }

  ping() {
    const send = () => this.send({ cmd: "ping", t: performance.now() });
    send();
    clearInterval(this.pinging);
    this.pinging = setInterval(send, 2000);
  }

  // No socket within reasonable time: let Streamlit carry the frames, and look for the socket now and then.
  fallBack() {
    if (this.everOpen || this.state === "refused") return;
    this.enter("fallback");
    this.begin();
  }

  // An envelope that came through Streamlit: messages, then frames. (Taken only while the socket is shut.)
  deliver(messages, frames) {
    if (this.state !== "fallback") return;
    messages.forEach((message) => this.told(message));
    frames.forEach((frame) => this.on.frame(frame));
  }

  close() {
    clearTimeout(this.patience);
    clearTimeout(this.timer);
    clearInterval(this.pinging);
    removeEventListener("online", this.retryNow);
    document.removeEventListener("visibilitychange", this.retryNow);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
