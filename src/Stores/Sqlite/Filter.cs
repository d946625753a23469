using System.Text;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>The conditions of a list, each with its parameters, and its keyset page.</summary>
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

    /// <summary>Adds a condition with a parameter, unless that is null.</summary>
    public Filter That(string condition, object? parameter)
    {
        if (parameter is null)
            return this;
        _parameters.Add(parameter);
        return That(condition);
    }

    /// <summary>Adds a condition with two parameters.</summary>
    public Filter That(string condition, long first, long second)
    {
        _parameters.Add(first);
        _parameters.Add(second);
        return That(condition);
    }

    /// <summary>Adds that a column is one of some words.</summary>
    public Filter OneOf(string column, IReadOnlyList<string> words)
    {
        _parameters.AddRange(words);
        return That($"{column} in ({string.Join(", ", words.Select(_ => "?"))})");
    }

    /// <summary>The conditions as they stand, with their parameters.</summary>
    public (string Where, IReadOnlyList<object> Parameters) Text => (_where.ToString(), _parameters);

    /// <summary>Adds conditions with their parameters.</summary>
    public Filter That(string condition, IReadOnlyList<object> parameters)
    {
        _parameters.AddRange(parameters);
        return That(condition);
    }

    /// <summary>Reads a page, newest first: the rows below an id, or the nearest ones above it.</summary>
    public IReadOnlyList<T> Page<T>(Database db, string select, string id, int limit, long? before, long? after, int skip, Func<Statement, T> read)
    {
        That($"{id} < ?", before).That($"{id} > ?", after);
        var upwards = after is not null && before is null;
        var statement = db[$"{select}{_where} order by {id} {(upwards ? "asc" : "desc")} limit ? offset ?"];
        foreach (var parameter in _parameters)
            _ = parameter is string text ? statement.Add(text) : statement.Add((long)parameter);
        var rows = statement.Add(Math.Max(0, limit)).Add(Math.Max(0, skip)).All(read);
        if (upwards)
            rows.Reverse();
        return rows;
    }
}
