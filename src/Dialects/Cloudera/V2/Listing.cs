using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.V2;

/// <summary>What a list is asked for: a filter, an order, a page.</summary>
/// <param name="Filter">Texts that members must have, by name; a dot leads into a member.</param>
/// <param name="Order">Members to sort by, and whether downwards.</param>
/// <param name="Token">Where the page before ended, or null.</param>
internal sealed record Listing(IReadOnlyDictionary<string, string> Filter, IReadOnlyList<(string Name, bool Down)> Order, int Size, long? Token)
{
    private const int UsualSize = 100;

    /// <summary>Reads the query of a call, or says what is wrong with it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="filters">What can be filtered by.</param>
    /// <param name="orders">What can be sorted by.</param>
    /// <param name="most">The largest page.</param>
    public static Result<Listing> Read(Call call, IReadOnlyList<string> filters, IReadOnlyList<string> orders, int most)
    {
        if (!ReadFilter(call.Query("search_filter") ?? call.Query("searchFilter"), filters).Ok(out var filter, out var refusal))
            return refusal;
        var order = new List<(string, bool)>();
        foreach (var part in (call.Query("sort") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // A plus arrives as a space where it was not encoded.
            var name = part.TrimStart('+', '-', ' ');
            if (!orders.Contains(name))
                return Bad("sort", $"'{PathParts.Short(name)}' cannot be sorted by; use {string.Join(", ", orders)}, with - before it for downwards");
            order.Add((name, part[0] == '-'));
        }

        var size = (call.Query("page_size") ?? call.Query("pageSize")) is { } asked ? Ids.Read(asked) : 0;
        if (size is null)
            return Bad("page_size", "a whole number is expected");
        var token = (call.Query("page_token") ?? call.Query("pageToken")) is { } page ? Ids.Read(page) : null;
        if (token is null && (call.Query("page_token") ?? call.Query("pageToken")) is not null)
            return Bad("page_token", "it is none that this server gave out; leave it out for the first page");
        return new Listing(filter, order, size == 0 ? UsualSize : (int)Math.Min(size.Value, most), token);
    }

    /// <summary>A page of what is all there, filtered and sorted.</summary>
    public Reply Page(string member, IEnumerable<JsonObject> all)
    {
        var wanted = all.Where(shown => Filter.All(one => Text(At(shown, one.Key)) == one.Value));
        if (Order.Count > 0)
            wanted = Order.Aggregate(wanted.OrderBy(_ => 0), (sorted, by) => by.Down
                ? sorted.ThenByDescending(shown => Text(At(shown, by.Name)), StringComparer.Ordinal)
                : sorted.ThenBy(shown => Text(At(shown, by.Name)), StringComparer.Ordinal));
        var skipped = (int)Math.Min(Token ?? 0, int.MaxValue);
        List<JsonObject> page = [.. wanted.Skip(skipped).Take(Size + 1)];
        return Answer(member, page.Take(Size), page.Count > Size ? skipped + Size : null);
    }

    /// <summary>A page with where the next one begins.</summary>
    public static Reply Answer(string member, IEnumerable<JsonObject> page, long? next) => new(200, new JsonObject
    {
        [member] = new JsonArray([.. page]),
        ["next_page_token"] = next?.ToString(CultureInfo.InvariantCulture) ?? "",
    });

    private static Result<Dictionary<string, string>> ReadFilter(string? text, IReadOnlyList<string> names)
    {
        var filter = new Dictionary<string, string>();
        if (text is null)
            return filter;
        if (JsonBody.ParseValue(Encoding.UTF8.GetBytes(text), out _) is not JsonObject sent)
            return Bad("search_filter", "a JSON object is expected, such as {\"name\": \"Train\"}");
        foreach (var (name, value) in sent)
        {
            if (!names.Contains(name))
                return Bad("search_filter", $"'{PathParts.Short(name)}' cannot be searched by; use {string.Join(", ", names)}");
            if (value is not JsonValue)
                return Bad("search_filter", $"the value of '{name}' must be a text");
            filter[name] = Text(value);
        }

        return filter;
    }

    private static JsonNode? At(JsonNode shown, string name) => name.Split('.').Aggregate((JsonNode?)shown, (at, part) => (at as JsonObject)?[part]);

    private static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => node.ToJsonString(),
    };

    private static Refusal Bad(string field, string why) => new(RefusalCode.Invalid, $"{field}: {why}.") { Field = field };
}
