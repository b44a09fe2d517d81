/** The hour and minute on the clock on the wall here: advice for the morning is for this office's morning. */
export function timeOfDay(atMs: number): { readonly hour: number; readonly minute: number } {
  const at = new Date(atMs);
  return { hour: at.getHours(), minute: at.getMinutes() };
}
