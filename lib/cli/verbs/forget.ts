// millrace forget: a person's data leave the home, or a stage of an account, with a receipt.
import { MillraceError } from '../../base/index.ts';
import { forgetPerson, type ForgetReceipt } from '../../forget/index.ts';
import { withForgetContext } from '../forget-context.ts';
import { STAGE_OPTION } from '../stage.ts';
import { number, paint, progressLine, type Terminal } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const forget: Verb = {
  description: 'Deletes the rows of a source in which a value stands that says who somebody is (an id, or personal data as the source writes them: pseudonyms are found by them), out of bronze and '
    + 'the quarantine; computes every model anew that is computed from it; and deletes the older snapshots of all these tables, so that the bytes are gone. What lies beside the tables goes, too: online features, and answers that were asked for the person. Several values add up. '
    + 'The receipt is printed, and kept in ops.forgotten without the value. Cut short, it is run again. It cannot be undone: --dry-run tells before what would go. '
    + 'A person who is in several sources is forgotten in each. With --stage all that is done in a deployed stage, with the credentials of this shell: files are written again on this machine, and the stage\'s batch computes the models. Exit code 8 where rows are still found in the end.',
  options: [
    { flags: '--dry-run', description: 'tell what would go, change nothing' },
    { flags: '--delete-files', description: 'delete the landed files that held the rows as well; their other rows stay in bronze' },
    STAGE_OPTION,
  ],
  examples: ['millrace forget crm_customers customer_id=C-17 --dry-run', "millrace forget crm_customers customer_id=C-17 'name=Ada Lovelace' --delete-files", 'millrace forget crm_customers customer_id=C-17 --stage prod --dry-run', 'millrace query "SELECT * FROM ops.forgotten"'],
  async run(invocation) {
    const [source = '', ...who] = invocation.arguments;
    const identifiers = who.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new MillraceError('usage', `'${text}' is not column=value`, { todo: 'millrace forget crm_customers customer_id=C-17' });
      return { column: text.slice(0, at), value: text.slice(at + 1) };
    });
    const dryRun = invocation.options['dryRun'] === true;
    return withForgetContext(invocation, async (context) => {
      const line = progressLine(invocation.terminal);
      const request = { source, identifiers, dryRun, deleteFiles: invocation.options['deleteFiles'] === true };
      const receipt = await forgetPerson(context, request, (step) => line.show(`  ${step}`)).finally(() => line.clear());
      present(invocation, receipt, () => print(invocation.terminal, receipt, dryRun));
      return !dryRun && receipt.remaining > 0 ? 8 : 0;
    });
  },
};

function print(terminal: Terminal, { receipt, source, bronze, rejected, remaining, models, beside, tables, files, left }: ForgetReceipt, dryRun: boolean): void {
  const rows = (count: number) => `${number(count)} ${count === 1 ? 'row' : 'rows'}`;
  terminal.out(dryRun ? '  what would go\n' : `  ${paint(terminal, 'bold', `receipt ${receipt ?? ''}`)}\n`);
  terminal.out(`    bronze.${source.padEnd(20)} ${rows(bronze)}\n    ${'bronze.rejected'.padEnd(27)} ${rows(rejected)}\n`);
  if (models.length > 0) terminal.out(`    computed anew               ${models.join(', ')}\n`);
  for (const { name, items } of beside) terminal.out(`    ${name.padEnd(27)} ${number(items)} ${items === 1 ? 'item' : 'items'}\n`);
  if (tables.length > 0) terminal.out(`    older snapshots deleted     ${tables.join(', ')}\n`);
  for (const { path, deleted } of files) terminal.out(`    ${deleted ? 'file deleted                ' : 'file that holds them        '}${path}\n`);
  for (const each of left) terminal.out(`  ${paint(terminal, 'yellow', '!')} ${each}\n`);
  if (!dryRun) terminal.out(remaining === 0 ? `  ${paint(terminal, 'green', 'nothing is found any more')}\n` : `  ${paint(terminal, 'red', '✖')} ${rows(remaining)} came again meanwhile: run it once more\n`);
}
