import { Migration } from '@mikro-orm/migrations';

/** Who shares an e-mail address or a phone number is asked for every person: without these, once per pair of persons. */
export class EmsAddresses extends Migration {
  override up(): void {
    this.addSql('CREATE INDEX ON person (lower(btrim(email)))');
    this.addSql('CREATE INDEX ON person (phone)');
    this.addSql('CREATE INDEX ON person (lower(btrim(phone)))');
  }
}
