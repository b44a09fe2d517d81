/** What the command's exit status says: sysexits.h's 78 (EX_CONFIG) keeps systemd from starting again and again. */
export const EXIT = { done: 0, failed: 1, usage: 2, configuration: 78 } as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
