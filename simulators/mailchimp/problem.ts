import { randomUUID } from 'node:crypto';

/** A problem with one field. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** A refusal in Mailchimp's format: `application/problem+json`, where clients branch on the title. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldError[] | undefined;

  constructor(status: number, title: string, detail: string, errors?: readonly FieldError[]) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

/** The problem's body. `instance` is unique to this answer, for the vendor's support. */
export const problemBody = ({ status, title, message, errors }: Problem) => ({
  type: 'https://mailchimp.com/developer/marketing/docs/errors/',
  title,
  status,
  detail: message,
  instance: randomUUID(),
  ...(errors === undefined ? {} : { errors }),
});

export const notFound = () => new Problem(404, 'Resource Not Found', 'The requested resource could not be found.');

export const invalid = (detail: string, errors?: readonly FieldError[]) =>
  new Problem(400, 'Invalid Resource', detail, errors);

/** A body that does not match the schema. */
export const invalidFields = (errors: readonly FieldError[]) =>
  invalid("The resource submitted could not be validated. For field-specific details, see the 'errors' array.", errors);

export const memberExists = (email: string) =>
  new Problem(400, 'Member Exists', `${email} is already a list member. Use PUT to insert or update list members.`);

export const inComplianceState = (email: string) =>
  new Problem(
    400,
    'Member In Compliance State',
    `${email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
  );

export const forgottenEmail = (email: string) =>
  new Problem(
    400,
    'Forgotten Email Not Subscribed',
    `${email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`,
  );

export const looksFake = (email: string) =>
  invalid(`${email} looks fake or invalid, please enter a real email address.`);

/** Temporary: ends after some hours. */
export const signedUpALot = (email: string) =>
  invalid(`${email} has signed up to a lot of lists very recently; we're not allowing more signups for now.`);

/** Refuses a change of address. The field's name really contains a blank. */
export const onlyOfSubscribed = () =>
  invalidFields([{ field: 'email address', message: 'Only the address of a subscribed contact can be changed.' }]);

export const notArchived = () =>
  new Problem(405, 'Method Not Allowed', 'Can not archive a contact that is bounced, pending or archived.');

export const tooManyRequests = () =>
  new Problem(429, 'Too Many Requests', 'You have exceeded the limit of 10 simultaneous connections.');

export const serverError = () =>
  new Problem(500, 'Internal Server Error', 'An unexpected internal error has occurred. Please contact Support.');
