/** EMS's columns by Mailchimp's names of the fields that are made of them. */
const COLUMNS: ReadonlyMap<string, string> = new Map([
  ['FNAME', 'first_name'],
  ['LNAME', 'last_name'],
  ['PHONE', 'phone'],
  ['BDATE', 'date_of_birth'],
  ['ADDRESS', 'street, city, region, postal_code, country'],
  ['EMSID', 'id'],
  ['email_address', 'email'],
  ['topics', 'topic'],
]);

/** What an operator is to look at in EMS; what Mailchimp alone knows keeps its name. */
export const columnOf = (field: string): string => COLUMNS.get(field) ?? field;
