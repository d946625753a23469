using SQLitePCL;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Looks into a database whose server has ended.</summary>
internal static class RawSqlite
{
    /// <summary>Runs one statement; answers the first column of its last row.</summary>
    public static string? Ask(string path, string sql)
    {
        Batteries_V2.Init();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(path, out var db));
        using (db)
        {
            Assert.Equal(raw.SQLITE_OK, raw.sqlite3_prepare_v2(db, sql, out var statement));
            using (statement)
            {
                string? answer = null;
                int code;
                while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
                    answer = raw.sqlite3_column_text(statement, 0).utf8_to_string();
                Assert.Equal(raw.SQLITE_DONE, code);
                return answer;
            }
        }
    }
}
