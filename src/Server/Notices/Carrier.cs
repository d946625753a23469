using Switchyard.Core.Notifications;
using Switchyard.Core.Text;
using Switchyard.Server.Configuration;

namespace Switchyard.Server.Notices;

/// <summary>Takes notices to their receivers: webhooks by HTTP, mails by SMTP.</summary>
/// <param name="open">Opens what was sealed to a number: addresses that are secret.</param>
public sealed class Carrier(YardSettings settings, TimeProvider clock, Func<long, string, Result<string>> open) : ICarrier, IDisposable
{
    private readonly Webhooks _webhooks = new(clock, open);
    private readonly Mails _mails = new(settings, clock);

    /// <inheritdoc/>
    public Task<Carried> Carry(Notice notice, CancellationToken stop) => notice.Kind == NoticeKind.Mail ? _mails.Carry(notice, stop) : _webhooks.Carry(notice, stop);

    public void Dispose() => _webhooks.Dispose();
}
