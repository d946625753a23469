using SQLitePCL;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>Looks into a database from beside the store.</summary>
internal static class RawSqlite
{
    /// <summary>Runs one statement; answers the first column of its last row.</summary>
    public static string? Ask(string path, string sql)
    {
        Batteries_V2.Init();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(path, out var db));
        string? answer = null;
        using (db)
        {
            Assert.Equal(raw.SQLITE_OK, raw.sqlite3_prepare_v2(db, sql, out var statement));
            using (statement)
            {
                while (raw.sqlite3_step(statement) == raw.SQLITE_ROW)
                    answer = raw.sqlite3_column_text(statement, 0).utf8_to_string();
            }
        }

        return answer;
    }
}
