/** Problems with a contact's values, by field alias. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** A refusal in Mautic's envelope `{"errors":[…]}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly details: FieldErrors | readonly string[];
  readonly type: string | null;
  /** The reason for the journal, where Mautic's own words do not give one. */
  readonly reason: string | undefined;

  constructor(
    status: number,
    message: string,
    {
      details = [],
      type = null,
      reason,
    }: {
      readonly details?: FieldErrors | readonly string[] | undefined;
      readonly type?: string | null | undefined;
      readonly reason?: string | undefined;
    } = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.details = details;
    this.type = type;
    this.reason = reason;
  }
}

/** One element of `errors`. */
export const errorOf = ({ status, message, details, type }: Refusal) => ({
  code: status,
  message,
  ...(status === 401 || status === 500 ? {} : { details }),
  ...(type === null ? {} : { type }),
});

export const notFound = () => new Refusal(404, 'Item was not found.');

export const badRequest = (message: string, details?: readonly string[]) => new Refusal(400, message, { details });

/** An unhandled error. `reason` goes only into the journal; Mautic does not report it. */
export const serverError = (reason: string) =>
  new Refusal(
    500,
    'Looks like I encountered an error (error #500). If I do it again, please report me to the system administrator!',
    { reason },
  );

/** A form's errors: 422 for uniqueness, 400 for the rest. */
export const invalid = (status: 400 | 422, errors: FieldErrors) =>
  new Refusal(
    status,
    Object.entries(errors)
      .map(([alias, messages]) => `${alias}: ${messages.join(', ')}`)
      .join(', '),
    { details: errors },
  );
