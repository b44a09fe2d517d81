/** The process stops: the call stays in Asterisk as it is, with its music or its partner, until the next process adopts it. */
export class StandStill extends Error {
  override readonly name = 'StandStill';

  constructor() {
    super('The process stops; the call stays as it is');
  }
}
