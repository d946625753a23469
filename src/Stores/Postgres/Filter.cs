using System.Text;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>The conditions of a list, each with its parameters (a <c>?</c> each), and its keyset page.</summary>
internal sealed class Filter
{
    private readonly StringBuilder _where = new();
    private readonly List<object> _parameters = [];

    /// <summary>Adds a condition without a parameter.</summary>
    public Filter That(string condition)
    {
        _where.Append(_where.Length == 0 ? " where " : " and ").Append(condition);
        return this;
    }

    /// <summary>Adds a condition with a parameter (a text, a number, or several of them), unless that is null.</summary>
    public Filter That(string condition, object? parameter)
    {
        if (parameter is null)
            return this;
        _parameters.Add(parameter);
        return That(condition);
    }

    /// <summary>Adds a parameter that stands before the conditions, for what is put <see cref="Around"/> them.</summary>
    public Filter Leading(object parameter)
    {
        _parameters.Insert(0, parameter);
        return this;
    }

    /// <summary>Adds a condition with two parameters.</summary>
    public Filter That(string condition, long first, long second)
    {
        _parameters.Add(first);
        _parameters.Add(second);
        return That(condition);
    }

    /// <summary>Reads a page, newest first: the rows below an id, or the nearest ones above it.</summary>
    public async Task<IReadOnlyList<T>> Page<T>(Database db, string select, string id, int limit, long? before, long? after, int skip, Func<Row, T> read)
    {
        That($"{id} < ?", before).That($"{id} > ?", after);
        var upwards = after is not null && before is null;
        var statement = Statement(db, $"{select}{_where} order by {id} {(upwards ? "asc" : "desc")} limit ? offset ?");
        var rows = await statement.Add((long)Math.Max(0, limit)).Add((long)Math.Max(0, skip)).All(read).ConfigureAwait(false);
        if (upwards)
            rows.Reverse();
        return rows;
    }

    /// <summary>A statement around the conditions, with their parameters added; those of its own come after them.</summary>
    /// <param name="around">Gets the conditions, to be put where they belong.</param>
    public Statement Around(Database db, Func<string, string> around) => Statement(db, around(_where.ToString()));

    private Statement Statement(Database db, string sql)
    {
        var numbered = new StringBuilder(sql.Length + 32);
        var number = 0;
        foreach (var letter in sql)
        {
            numbered.Append(letter == '?' ? '$' : letter);
            if (letter == '?')
                numbered.Append(++number);
        }

        var statement = db[numbered.ToString()];
        foreach (var parameter in _parameters)
        {
            _ = parameter switch
            {
                string text => statement.Add(text),
                IReadOnlyList<long> numbers => statement.Add(numbers),
                IReadOnlyList<string> texts => statement.Add(texts),
                bool flag => statement.Add(flag),
                _ => statement.Add((long)parameter),
            };
        }

        return statement;
    }
}
