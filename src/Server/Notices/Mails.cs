using System.Net;
using System.Net.Mail;
using System.Text;
using Switchyard.Core.Notifications;
using Switchyard.Server.Configuration;

namespace Switchyard.Server.Notices;

/// <summary>Sends notices as mails through the server of the settings.</summary>
internal sealed class Mails(YardSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<Carried> Carry(Notice notice, CancellationToken stop)
    {
        if (settings is not { SmtpHost: { } host, SmtpFrom: { } from })
            return new Carried("no mail server is set (smtp_host)", Hopeless: true);
        if (!Mail.IsAddress(notice.To))
            return new Carried("this is no mail address", Hopeless: true);
        using var limit = new CancellationTokenSource(Patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var client = new SmtpClient(host, settings.SmtpPort) { EnableSsl = settings.SmtpUsesTls };
            if (settings.SmtpUser is { } user)
                client.Credentials = new NetworkCredential(user, (await File.ReadAllTextAsync(settings.SmtpPasswordFile!, both.Token).ConfigureAwait(false)).TrimEnd('\r', '\n'));
            using var message = Message(notice, from);
            // The client looks at the token between its steps only.
            await client.SendMailAsync(message, both.Token).WaitAsync(both.Token).ConfigureAwait(false);
            return new Carried(null);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Carried("the mail server did not take it within thirty seconds");
        }
        catch (SmtpFailedRecipientException error)
        {
            return new Carried(error.Message, Hopeless: (int)error.StatusCode >= 500);
        }
        catch (SmtpException error)
        {
            return new Carried(error.InnerException is { } inner ? $"{error.Message} {inner.Message}" : error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new Carried($"smtp_password_file cannot be read: {error.Message}");
        }
    }

    private static MailMessage Message(Notice notice, string from)
    {
        var mail = Mail.Read(notice.Body);
        var message = new MailMessage(from, notice.To)
        {
            Subject = mail.SubjectLine,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text,
            BodyEncoding = Encoding.UTF8,
        };
        // The same at every try, so that who gets it twice can tell.
        message.Headers.Add("Message-ID", $"<{notice.Id:D}@{message.From!.Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        foreach (var file in mail.Files)
            message.Attachments.Add(new Attachment(new MemoryStream(file.Content), file.Name, "application/octet-stream"));
        return message;
    }
}
