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
