/**
 * What the command's exit status says: sysexits.h's 78 (EX_CONFIG) keeps systemd from starting again and again, 75 (EX_TEMPFAIL) is that of a
 * process that was replaced, and starts again as a standby.
 */
export const EXIT = { done: 0, failed: 1, usage: 2, replaced: 75, configuration: 78 } as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
