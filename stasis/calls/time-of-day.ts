/** The hour and minute on the clock on the wall here: advice for the morning is for this office's morning. */
export function timeOfDay(atMs: number): { readonly hour: number; readonly minute: number } {
  const at = new Date(atMs);
  return { hour: at.getHours(), minute: at.getMinutes() };
}

/** Date and time on the same clock, as parts of a file's name: `2026-11-29` and `14-25-36`. */
export function dateAndTime(atMs: number): { readonly date: string; readonly time: string } {
  const at = new Date(atMs);
  const two = (number: number) => String(number).padStart(2, '0');
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('-'),
  };
}
