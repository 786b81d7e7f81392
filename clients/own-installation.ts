import { Client, ScheduleAlreadyRunning, ScheduleNotFoundError, type ClientOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { readInstallation, type Installation } from '../database/installation.ts';
import type { Orm } from '../database/orm.ts';
import { SettingsError } from '../settings/settings-error.ts';
import { syncTaskQueue } from '../sync/workflow-ids.ts';
import { claimOptions, INSTALLATION_SCHEDULE, installationIn } from './installation-schedule.ts';
import { onOwnQueue } from './own-queue.ts';

export interface OwnInstallationOptions {
  readonly connection: NonNullable<ClientOptions['connection']>;
  readonly namespace: string;
  readonly dataConverter?: DataConverter;
  readonly database: () => Promise<Orm>;
}

/**
 * The installation of our database, compared with the one that has claimed the Temporal namespace. Two installations in
 * one namespace would take each other's work, and each would write it to its own targets.
 */
export class OwnInstallation {
  /** Starts workflows on the installation's task queue; throws as {@link get} does. */
  readonly client: Client;
  /** Claims are in the clear, because another installation, or one with newer keys, must be able to read them. */
  readonly #claims: Client;
  readonly #database: () => Promise<Orm>;
  #checked: Promise<Installation> | null = null;

  constructor({ connection, namespace, dataConverter = {}, database }: OwnInstallationOptions) {
    this.#database = database;
    this.#claims = new Client({ connection, namespace });
    this.client = new Client({
      connection,
      namespace,
      dataConverter,
      interceptors: { workflow: [onOwnQueue(async () => syncTaskQueue((await this.get()).id))] },
    });
  }

  /**
   * Reads and compares once; after a failure, the next call tries again.
   *
   * @throws SettingsError if another installation has claimed the namespace.
   */
  get(): Promise<Installation> {
    this.#checked ??= this.#check().catch((error: unknown) => {
      this.#checked = null;
      throw error;
    });
    return this.#checked;
  }

  /** Claims the namespace if nobody has. @throws SettingsError as {@link get} does. */
  async claim(): Promise<Installation> {
    const own = await readInstallation(await this.#database());
    try {
      await this.#claims.schedule.create(claimOptions(own));
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
    return this.get();
  }

  async #check(): Promise<Installation> {
    const own = await readInstallation(await this.#database());
    const claimed = await this.#claimed();
    if (claimed === null || claimed.id === own.id) return own;
    throw new SettingsError([
      `Temporal's namespace ${this.client.options.namespace} belongs to installation ${claimed.id} (database ${claimed.database}), and DATABASE_URL is installation ${own.id} (database ${own.database}). Set TEMPORAL_NAMESPACE to a namespace of its own, or DATABASE_URL to the database of ${claimed.id}. If ${claimed.id} is gone for good, delete the schedule ${INSTALLATION_SCHEDULE} in that namespace and start again`,
    ]);
  }

  async #claimed(): Promise<Installation | null> {
    try {
      return installationIn(await this.#claims.schedule.getHandle(INSTALLATION_SCHEDULE).describe());
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    }
  }
}
