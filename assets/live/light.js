// What the learner points at: a class, a unit, a sample. Every picture of the page can light it up.

export class Light {
  constructor() {
    this.followers = new Set();
    this.on = {};
  }

  // `things` such as {class: 7} or {sample: 12} or {unit: [layer, unit]}; {} for nothing.
  set(things) {
    if (JSON.stringify(things) === JSON.stringify(this.on)) return;
    this.on = things;
    for (const follow of this.followers) follow(things);
  }

  // Calls `follow(things)` whenever it changes; returns what ends that.
  follow(follow) {
    this.followers.add(follow);
    return () => this.followers.delete(follow);
  }
}
