import type { Report, ReportRequest, Reports } from '../src/ports/reports.ts';
import type { Database } from './database.ts';
import { reportColumns, selectReport } from './statements/reports.ts';

/** Reports on connections of their own, which may only read and may take longer. */
export class PostgresReports implements Reports {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async report(request: ReportRequest): Promise<Report> {
    const found = await this.#database.run(selectReport(request));
    const columns = reportColumns(request.report);
    const rows = found.slice(0, request.limit).map((row) => columns.map((column) => row[column] ?? null));
    return { columns, rows, isCut: found.length > request.limit };
  }
}
