// Reads what the worker says of its runs.

// The run that is shown, or undefined before the first word.
export function shownRun(status) {
  return status?.runs.find(({ id }) => id === status.shown);
}

// The labels of its classes, in the order of its outputs.
export function classesOf(status) {
  const run = shownRun(status);
  return run?.classes ?? Array.from({ length: run?.sizes?.at(-1) ?? 0 }, (_, i) => String(i));
}

// Whether a run learns dots on the plane: what it reads then is no picture, and its units are called neurons.
export function onPlane(run) {
  return !run.image_shape;
}

// Whether the runs on the bench are one configuration with several seeds.
export function repeats(status) {
  if (!status || status.runs.length < 2) return false;
  const plain = ({ config }) => config && JSON.stringify({ ...config, seed: 0 });
  return new Set(status.runs.map(plain)).size === 1 && new Set(status.runs.map(({ seed }) => seed)).size > 1;
}
