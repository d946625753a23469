using Switchyard.Dialects.Databricks;

namespace Switchyard.Server;

/// <summary>The warehouses of the settings: addresses for the dialect, passwords apart from them.</summary>
public sealed class Warehouses
{
    private const string Mark = "databricks/warehouse/";
    private readonly Dictionary<string, string> _passwords = [];

    /// <param name="configured">Ids with addresses that may have a password.</param>
    public Warehouses(IReadOnlyDictionary<string, string> configured) =>
        All = configured.ToDictionary(pair => pair.Key, pair => Split(Mark + pair.Key, pair.Value));

    /// <summary>The warehouses by id.</summary>
    public IReadOnlyDictionary<string, Warehouse> All { get; }

    /// <summary>The password that a secret of ours names; null for other secrets.</summary>
    public string? Password(string? secret) => secret is null ? null : _passwords.GetValueOrDefault(secret);

    /// <summary>Reads <c>ID=ADDRESS</c>, several separated by semicolons; null if one is none.</summary>
    public static Dictionary<string, string>? Read(string text)
    {
        var found = new Dictionary<string, string>();
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !IsAddress(part[(equals + 1)..]) || !found.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim()))
                return null;
        }

        return found;
    }

    private static bool IsAddress(string text) =>
        text.StartsWith("sqlite:/", StringComparison.Ordinal) || (IsPostgres(text) && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0);

    private static bool IsPostgres(string text) => text.StartsWith("postgresql://", StringComparison.Ordinal) || text.StartsWith("postgres://", StringComparison.Ordinal);

    private Warehouse Split(string secret, string address)
    {
        if (!IsPostgres(address) || new Uri(address).UserInfo.Split(':', 2) is not [var user, var password])
            return new Warehouse(address);
        _passwords[secret] = Uri.UnescapeDataString(password);
        return new Warehouse(address.Replace($"{user}:{password}@", user + "@", StringComparison.Ordinal), secret);
    }
}
