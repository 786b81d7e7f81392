/** A refusal, in one of ChatWoot's forms. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(JSON.stringify(body));
    this.name = 'Refusal';
    this.status = status;
    this.body = body;
  }
}

/** A problem with one attribute, in Rails' words ("Email has already been taken"). */
export interface Invalidity {
  readonly attribute: string;
  readonly message: string;
}

export const notFound = () => new Refusal(404, { error: 'Resource could not be found' });

/** A record that failed its validation. */
export const recordInvalid = (problems: readonly Invalidity[]) =>
  new Refusal(422, {
    message: problems.map(({ message }) => message).join(', '),
    attributes: [...new Set(problems.map(({ attribute }) => attribute))],
  });

export const couldNotCreate = (error: string) => new Refusal(422, { error });

/** An unhandled error: above all a unique index violated after validation had passed. */
export const serverError = () => new Refusal(500, { status: 500, error: 'Internal Server Error' });
