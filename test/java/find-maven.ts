import { runCommand, within } from '../../local/run-command.ts';

/** The minimum version that the library is compiled for. */
const JAVA = 17;

/**
 * Checks that Maven runs with a recent enough Java.
 *
 * @returns null, or what is missing and what to install.
 */
export async function mavenProblem(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const maven = await runCommand('mvn', ['--version'], { env, stillGood: within(60) });
  if (!maven.ok) {
    const said = [maven.reason, maven.output.trim()].filter((text) => text !== '').join(': ');
    return `The tests of clients/java need Maven and a JDK of Java ${JAVA} or later, and mvn does not run (${said}). ${INSTALL}`;
  }
  const version = Number(/^Java version: (\d+)/m.exec(maven.output)?.[1] ?? 0);
  if (version >= JAVA) return null;
  return `The tests of clients/java need Java ${JAVA} or later, and Maven uses ${version}: set JAVA_HOME. ${INSTALL}`;
}

const INSTALL =
  'To install both: apt-get install maven openjdk-17-jdk (Debian, Ubuntu), brew install maven (macOS), or https://maven.apache.org/install.html.';
