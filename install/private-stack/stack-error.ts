/** A step of the private stack failed for a reason that the user can mend; `cure` says how. */
export class StackError extends Error {
  override readonly name = 'StackError';
  readonly cure: string;

  constructor(message: string, cure: string, options?: ErrorOptions) {
    super(message, options);
    this.cure = cure;
  }
}
