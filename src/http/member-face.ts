import type { ExtensionNumber, QueueName } from '../core/ids.ts';

/** Which extension, and which queue; both come from outside and need not exist. */
export interface MembershipRequest {
  readonly extension: ExtensionNumber;
  readonly queue: QueueName;
}

export interface LoginAsked extends MembershipRequest {
  readonly penalty: number;
  /** `undefined`: not paused. */
  readonly pausedReason: string | undefined;
}

export interface PauseAsked {
  readonly extension: ExtensionNumber;
  /** `null`: all queues of the member. */
  readonly queue: QueueName | null;
  readonly isPaused: boolean;
  readonly reason: string;
}

type Unknown = 'unknown-extension' | 'unknown-queue';
export type LoginOutcome = 'logged-in' | 'already' | Unknown;
export type LogoutOutcome = 'logged-out' | 'not-logged-in' | Unknown;
/** `already`: it was so before. */
export type MemberOutcome = 'done' | 'already' | 'not-logged-in' | Unknown;

/** What can be done with members, whoever asks. */
export interface MemberFace {
  login(request: LoginAsked): Promise<LoginOutcome>;
  logout(request: MembershipRequest): Promise<LogoutOutcome>;
  pause(request: PauseAsked): Promise<MemberOutcome>;
  setPenalty(request: MembershipRequest & { readonly penalty: number }): Promise<MemberOutcome>;
  /** `null`: as the queue says. */
  setRingInUse(request: MembershipRequest & { readonly ringInUse: boolean | null }): Promise<MemberOutcome>;
  /** `already`: the member is in no wrap-up. */
  endWrapUp(request: Pick<MembershipRequest, 'extension'>): Promise<MemberOutcome>;
}
