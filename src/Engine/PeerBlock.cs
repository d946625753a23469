using System.Globalization;
using System.Text;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>
/// The part of the environment that members of a gang share: each one's host and ports, and what many instances of a
/// task are told alike. Made once and handed over by reference, because it grows with the gang.
/// </summary>
internal sealed class PeerBlock
{
    public static readonly PeerBlock None = new([]);

    private readonly HashSet<string> _names;

    private PeerBlock(List<KeyValuePair<string, string>> variables)
    {
        Variables = variables;
        _names = [.. variables.Select(variable => variable.Key)];
        Bytes = variables.Sum(Size);
    }

    public IReadOnlyList<KeyValuePair<string, string>> Variables { get; }

    /// <summary>What it takes of the system's limit.</summary>
    public long Bytes { get; }

    /// <summary>The block of a gang all of whose members are placed.</summary>
    public static PeerBlock Of(RunView run, Func<InstanceView, string> host)
    {
        var variables = new List<KeyValuePair<string, string>>();
        foreach (var variable in run.Plan.Peers)
        {
            foreach (var node in run.NodeList)
                Add(variables, variable, node, host);
        }

        return new PeerBlock(variables);
    }

    /// <summary>Whether it has a variable of this name.</summary>
    public bool Has(string name) => _names.Contains(name);

    /// <summary>
    /// What instances of a task share: all of this but for names they have themselves, and those variables of the task
    /// that are the same for all, where that is less than to tell each of them.
    /// </summary>
    /// <param name="own">What each instance has from elsewhere.</param>
    /// <param name="environment">The task's variables.</param>
    /// <param name="instances">How many there are.</param>
    public PeerBlock Beside(Dictionary<string, string> own, IReadOnlyDictionary<string, Binding> environment, int instances)
    {
        var alike = environment.Where(variable => variable.Value.IsLiteral && !own.ContainsKey(variable.Key))
            .Select(variable => KeyValuePair.Create(variable.Key, string.Concat(variable.Value.Segments.Select(segment => segment.Text)))).ToList();
        if (alike.Sum(Size) * instances <= Bytes)
            alike = [];
        return alike.Count == 0 && !own.Keys.Concat(environment.Keys).Any(_names.Contains)
            ? this
            : new([.. alike, .. Variables.Where(variable => !own.ContainsKey(variable.Key) && !environment.ContainsKey(variable.Key))]);
    }

    private static long Size(KeyValuePair<string, string> variable) => Encoding.UTF8.GetByteCount(variable.Key) + Encoding.UTF8.GetByteCount(variable.Value) + 10;

    private static void Add(List<KeyValuePair<string, string>> variables, PeerVariable variable, NodeView node, Func<InstanceView, string> host)
    {
        var name = variable.Name.Replace("{task}", node.Plan.Key, StringComparison.Ordinal);
        if (variable.Kind == PeerValue.HostList)
        {
            var list = node.Instances.Select(instance => instance.Grant?.Of(variable.Label ?? "") is [var port, ..] ? $"{host(instance)}:{port}" : host(instance));
            variables.Add(new(name, string.Join(',', list)));
            return;
        }

        foreach (var instance in node.Instances)
        {
            var own = name.Replace("{index}", instance.Index.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            if (variable.Kind == PeerValue.Host)
            {
                variables.Add(new(own, host(instance)));
                continue;
            }

            foreach (var (label, ports) in instance.Grant?.Labels ?? [])
                variables.Add(new(own.Replace("{label}", label, StringComparison.Ordinal), Grant.List(ports)));
        }
    }
}
