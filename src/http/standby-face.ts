import { AppError } from '../errors.ts';
import type { ApplicationFace } from './application-face.ts';

/** What can be asked of a standby: how it stands. Everything else is the business of the process that acts. */
export function standbyFace(status: ApplicationFace['status']): ApplicationFace {
  const fail = (): never => {
    const holders = status().switches.flatMap(({ holder }) => (holder === null ? [] : [holder]));
    const who = holders.length === 0 ? 'no process acts now' : `${holders.join(', ')} acts`;
    throw new AppError('STANDBY', `This process is a standby and has no calls: ${who}`);
  };
  const refuse = async (): Promise<never> => fail();
  return {
    status,
    queues: refuse,
    members: refuse,
    calls: refuse,
    personalData: { list: refuse, erase: refuse, elsewhere: fail },
    recordings: { control: refuse, list: refuse },
    configuration: {
      reload: refuse,
      queueSettings: fail,
      changeQueueSettings: refuse,
      step: fail,
      changeStep: refuse,
    },
    figures: { queues: refuse, reset: refuse, log: refuse, report: refuse },
    drain: { view: refuse, begin: refuse, cancel: refuse },
    changePriority: refuse,
    withdraw: refuse,
    login: refuse,
    logout: refuse,
    pause: refuse,
    setPenalty: refuse,
    setRingInUse: refuse,
    endWrapUp: refuse,
  };
}
